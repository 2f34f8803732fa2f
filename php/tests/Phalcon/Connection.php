<?php

declare(strict_types=1);

namespace Phalcon\Db\Adapter\Pdo;

use Phalcon\Events\Manager;

/**
 * As much of Phalcon's adapter as the listener meets, with no database behind it: the order of
 * events, and what the versions do differently. A statement runs by calling what the test gives.
 *
 * - An id is a number in 3.4, a string of digits in 4 and 5.
 * - Nothing is fired after a statement that throws, nor after a transaction's begin and end.
 */
final class Connection
{
    private static int $connections = 0;

    private string $version;
    private int $id;
    private ?Manager $manager = null;
    private ?\PDO $pdo;
    private string $statement = '';

    /** @var array<int|string, mixed>|null */
    private ?array $variables = null;
    private bool $isUnderTransaction = false;

    public function __construct(string $version, ?\PDO $pdo = null)
    {
        $this->version = $version;
        $this->id = self::$connections++;
        $this->pdo = $pdo;
    }

    public function setEventsManager(Manager $manager): void
    {
        $this->manager = $manager;
    }

    public function getEventsManager(): ?Manager
    {
        return $this->manager;
    }

    /** @return int|string */
    public function getConnectionId()
    {
        return $this->version === '3.4' ? $this->id : (string) $this->id;
    }

    public function getInternalHandler(): ?\PDO
    {
        return $this->pdo;
    }

    public function reconnect(\PDO $pdo): void
    {
        $this->pdo = $pdo;
    }

    public function getSQLStatement(): string
    {
        return $this->statement;
    }

    /** @return array<int|string, mixed>|null null when nothing is bound */
    public function getSQLVariables(): ?array
    {
        return $this->variables;
    }

    public function getRealSQLStatement(): string
    {
        throw new \LogicException('wrong in 4.1, so never to be asked');
    }

    public function isUnderTransaction(): bool
    {
        return $this->isUnderTransaction;
    }

    /**
     * @param (callable(): void)|null       $run       what the database does meanwhile
     * @param array<int|string, mixed>|null $variables
     */
    public function query(string $sql, ?callable $run = null, ?array $variables = null): bool
    {
        $this->statement = $sql;
        $this->variables = $variables;
        if ($this->fire('beforeQuery') === false) {
            return false;
        }
        if ($run !== null) {
            $run();
        }
        $this->fire('afterQuery');
        return true;
    }

    public function begin(): void
    {
        $this->fire('beginTransaction');
        $this->isUnderTransaction = true;
    }

    public function commit(): void
    {
        $this->fire('commitTransaction');
        $this->isUnderTransaction = false;
    }

    public function rollback(): void
    {
        $this->fire('rollbackTransaction');
        $this->isUnderTransaction = false;
    }

    /** @return mixed */
    private function fire(string $event)
    {
        return $this->manager === null ? null : $this->manager->fire('db:' . $event, $this);
    }
}
