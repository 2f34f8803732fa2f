<?php
/**
 * Stand-in for Phalcon 4.1's PDO adapter: its public methods that the shop uses, over a real PDO,
 * with the events in the order and with the gaps that Phalcon has:
 *
 * - the constructor connects, before anybody could set an events manager: no connect event;
 * - db:beforeQuery answered with false cancels the statement;
 * - db:afterQuery comes before the rows are fetched, and never when the statement throws;
 * - transaction events come before the call, none after it: the time of COMMIT stays invisible;
 * - getSQLVariables() is null when nothing was bound;
 * - statements through getInternalHandler(), prepare() and executePrepared() fire nothing.
 */

declare(strict_types=1);

namespace Phalcon\Db\Adapter\Pdo;

use Phalcon\Db\Exception;
use Phalcon\Db\Result\Pdo as ResultPdo;
use Phalcon\Events\ManagerInterface;

abstract class AbstractPdo
{
    /** @var int */
    protected static $connectionConsecutive = 0;

    /** @var string */
    protected $type = '';
    /** @var int */
    protected $connectionId;
    /** @var array<string, mixed> */
    protected $descriptor;
    /** @var ManagerInterface|null */
    protected $eventsManager;
    /** @var \PDO|null */
    protected $pdo;
    /** @var string|null */
    protected $sqlStatement;
    /** @var array<int|string, mixed>|null */
    protected $sqlVariables;
    /** @var array<int|string, int>|null */
    protected $sqlBindTypes;
    /** @var int */
    protected $transactionLevel = 0;
    /** @var int */
    protected $affectedRows = 0;

    /**
     * @param array<string, mixed> $descriptor
     */
    public function __construct(array $descriptor)
    {
        $this->connectionId = self::$connectionConsecutive++;
        $this->descriptor = $descriptor;
        $this->connect($descriptor);
    }

    /**
     * Every key that is not known here becomes a part of the DSN.
     *
     * @param array<string, mixed>|null $descriptor
     */
    public function connect(?array $descriptor = null): bool
    {
        $descriptor = $descriptor ?? $this->descriptor;
        $username = $descriptor['username'] ?? null;
        $password = $descriptor['password'] ?? null;
        $options = $descriptor['options'] ?? [];
        unset($descriptor['username'], $descriptor['password'], $descriptor['options'], $descriptor['dialectClass']);
        if (isset($descriptor['dsn'])) {
            $attributes = (string) $descriptor['dsn'];
        } else {
            $parts = [];
            foreach ($descriptor as $key => $value) {
                $parts[] = $key . '=' . $value;
            }
            $attributes = implode(';', $parts);
        }
        $options[\PDO::ATTR_ERRMODE] = \PDO::ERRMODE_EXCEPTION;
        $this->pdo = new \PDO($this->type . ':' . $attributes, $username, $password, $options);

        return true;
    }

    public function close(): void
    {
        $this->pdo = null;
    }

    /**
     * For statements that give rows.
     *
     * @param array<int|string, mixed>|null $bindParams
     * @param array<int|string, int>|null $bindTypes
     * @return ResultPdo|false
     */
    public function query(string $sqlStatement, $bindParams = null, $bindTypes = null)
    {
        if (!$this->mayRun($sqlStatement, $bindParams, $bindTypes)) {
            return false;
        }
        $statement = $this->handler()->prepare($sqlStatement);
        $statement = $this->executePrepared($statement, $bindParams ?? [], $bindTypes);
        $this->fire('afterQuery');

        return new ResultPdo($statement);
    }

    /**
     * For statements that give none.
     *
     * @param array<int|string, mixed>|null $bindParams
     * @param array<int|string, int>|null $bindTypes
     */
    public function execute(string $sqlStatement, $bindParams = null, $bindTypes = null): bool
    {
        if (!$this->mayRun($sqlStatement, $bindParams, $bindTypes)) {
            return false;
        }
        if (is_array($bindParams)) {
            $statement = $this->handler()->prepare($sqlStatement);
            $affectedRows = $this->executePrepared($statement, $bindParams, $bindTypes)->rowCount();
        } else {
            $affectedRows = $this->handler()->exec($sqlStatement);
        }
        if (is_int($affectedRows)) {
            $this->affectedRows = $affectedRows;
            $this->fire('afterQuery');
        }

        return true;
    }

    public function prepare(string $sqlStatement): \PDOStatement
    {
        return $this->handler()->prepare($sqlStatement);
    }

    /**
     * @param array<int|string, mixed> $placeholders
     * @param array<int|string, int>|null $dataTypes
     */
    public function executePrepared(\PDOStatement $statement, array $placeholders, $dataTypes = null): \PDOStatement
    {
        foreach ($placeholders as $wildcard => $value) {
            $parameter = is_int($wildcard) ? $wildcard + 1 : $wildcard;
            if (isset($dataTypes[$wildcard])) {
                $statement->bindValue($parameter, $value, $dataTypes[$wildcard]);
            } else {
                $statement->bindValue($parameter, $value);
            }
        }
        $statement->execute();

        return $statement;
    }

    /**
     * @param array<int|string, mixed>|null $bindParams
     * @return array<int, mixed>
     */
    public function fetchAll(string $sqlQuery, int $fetchMode = \PDO::FETCH_ASSOC, $bindParams = null): array
    {
        $result = $this->query($sqlQuery, $bindParams);
        if ($result === false) {
            return [];
        }
        $result->setFetchMode($fetchMode);

        return $result->fetchAll();
    }

    /**
     * @param array<int|string, mixed>|null $bindParams
     * @return array<int|string, mixed>
     */
    public function fetchOne(string $sqlQuery, int $fetchMode = \PDO::FETCH_ASSOC, $bindParams = null): array
    {
        $result = $this->query($sqlQuery, $bindParams);
        if ($result === false) {
            return [];
        }
        $result->setFetchMode($fetchMode);
        $row = $result->fetch();

        return is_array($row) ? $row : [];
    }

    public function begin(bool $nesting = true): bool
    {
        $this->transactionLevel++;
        // Savepoints for nested transactions are off by default in Phalcon, and here always.
        if ($this->transactionLevel > 1) {
            return false;
        }
        $this->fire('beginTransaction');

        return $this->handler()->beginTransaction();
    }

    public function commit(bool $nesting = true): bool
    {
        return $this->end('commitTransaction', 'commit');
    }

    public function rollback(bool $nesting = true): bool
    {
        return $this->end('rollbackTransaction', 'rollBack');
    }

    public function isUnderTransaction(): bool
    {
        return $this->handler()->inTransaction();
    }

    public function affectedRows(): int
    {
        return $this->affectedRows;
    }

    public function getConnectionId(): int
    {
        return $this->connectionId;
    }

    /**
     * @return array<string, mixed>
     */
    public function getDescriptor(): array
    {
        return $this->descriptor;
    }

    public function getInternalHandler(): ?\PDO
    {
        return $this->pdo;
    }

    public function getType(): string
    {
        return $this->type;
    }

    public function getSQLStatement(): ?string
    {
        return $this->sqlStatement;
    }

    /**
     * @return array<int|string, mixed>|null
     */
    public function getSQLVariables(): ?array
    {
        return $this->sqlVariables;
    }

    /**
     * @return array<int|string, int>|null
     */
    public function getSQLBindTypes(): ?array
    {
        return $this->sqlBindTypes;
    }

    public function setEventsManager(ManagerInterface $eventsManager): void
    {
        $this->eventsManager = $eventsManager;
    }

    public function getEventsManager(): ?ManagerInterface
    {
        return $this->eventsManager;
    }

    private function handler(): \PDO
    {
        if ($this->pdo === null) {
            throw new Exception('the connection is closed');
        }

        return $this->pdo;
    }

    /**
     * The statement becomes visible to listeners only if there is an events manager.
     *
     * @param array<int|string, mixed>|null $bindParams
     * @param array<int|string, int>|null $bindTypes
     */
    private function mayRun(string $sqlStatement, $bindParams, $bindTypes): bool
    {
        if ($this->eventsManager === null) {
            return true;
        }
        $this->sqlStatement = $sqlStatement;
        $this->sqlVariables = $bindParams;
        $this->sqlBindTypes = $bindTypes;

        return $this->fire('beforeQuery') !== false;
    }

    /**
     * @return mixed
     */
    private function fire(string $name)
    {
        return $this->eventsManager === null ? null : $this->eventsManager->fire('db:' . $name, $this);
    }

    private function end(string $event, string $method): bool
    {
        if ($this->transactionLevel === 0) {
            throw new Exception('there is no active transaction');
        }
        $this->transactionLevel--;
        if ($this->transactionLevel > 0) {
            return false;
        }
        $this->fire($event);

        return $this->handler()->{$method}();
    }
}
