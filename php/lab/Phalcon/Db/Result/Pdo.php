<?php
/**
 * Stand-in for Phalcon 4.1's result set: a thin skin over the PDOStatement. Rows are fetched here,
 * after db:afterQuery was fired, so fetching never counts as query time.
 */

declare(strict_types=1);

namespace Phalcon\Db\Result;

class Pdo
{
    /** @var \PDOStatement */
    protected $statement;
    /** @var int */
    protected $fetchMode = \PDO::FETCH_BOTH;

    public function __construct(\PDOStatement $statement)
    {
        $this->statement = $statement;
    }

    public function setFetchMode(int $mode): bool
    {
        $this->fetchMode = $mode;

        return $this->statement->setFetchMode($mode);
    }

    /**
     * @return mixed
     */
    public function fetch()
    {
        return $this->statement->fetch($this->fetchMode);
    }

    /**
     * @return array<int, mixed>
     */
    public function fetchAll(): array
    {
        return $this->statement->fetchAll($this->fetchMode);
    }

    public function numRows(): int
    {
        return $this->statement->rowCount();
    }

    public function getInternalResult(): \PDOStatement
    {
        return $this->statement;
    }
}
