<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Tells {@see Queries} of the statements of a {@see TracedPdo}: what Phalcon's events are elsewhere.
 *
 * It never throws; that is what the statement itself may do, and what it throws goes through.
 *
 * @internal
 */
final class StatementWatch
{
    /** Phalcon numbers its connections from 0 on, so ours go the other way. */
    private static int $connections = 0;

    private Queries $queries;

    private Backends $backends;

    private Clock $clock;

    private int $connection;

    public function __construct(Queries $queries, Backends $backends, Clock $clock)
    {
        $this->queries = $queries;
        $this->backends = $backends;
        $this->clock = $clock;
        $this->connection = --self::$connections;
        $queries->isAttached = true;
    }

    /**
     * @param array<int|string, mixed> $values what is bound
     * @param callable(): mixed        $run    runs the statement; false means that it failed
     *
     * @return mixed what it returned
     */
    public function statement(\PDO $pdo, string $sql, array $values, callable $run)
    {
        $this->begin($pdo, $sql, $values);
        $outcome = false;
        try {
            return $outcome = $run();
        } finally {
            $this->end($outcome !== false);
        }
    }

    /** @param string $end `begin`, `commit` or `rollback` */
    public function transaction(string $end): void
    {
        $nowNs = $this->clock->monotonicNs();
        try {
            if ($end === 'begin') {
                $this->queries->beginTransaction($this->connection, $nowNs);
            } else {
                $this->queries->endTransaction($this->connection, $nowNs, $end);
            }
        } catch (\Throwable $swallowed) {
        }
    }

    /** @param array<int|string, mixed> $values */
    private function begin(\PDO $pdo, string $sql, array $values): void
    {
        $nowNs = $this->clock->monotonicNs();
        try {
            $pid = $this->backends->pid($this->connection, $pdo);
            $query = $this->queries->begin($this->connection, $nowNs, $sql, $pid);
            $query->isInTransaction = $pdo->inTransaction();
            $query->bind($values, $this->queries->keepsValues());
            // Our own work before the statement is not part of it.
            $query->startNs = $this->clock->monotonicNs();
            $this->queries->selfNs += $query->startNs - $nowNs;
        } catch (\Throwable $swallowed) {
        }
    }

    private function end(bool $isDone): void
    {
        $nowNs = $this->clock->monotonicNs();
        try {
            if ($isDone) {
                $this->queries->end($this->connection, $nowNs);
            } else {
                $this->queries->fail($this->connection, $nowNs);
            }
        } catch (\Throwable $swallowed) {
        }
        $this->queries->selfNs += $this->clock->monotonicNs() - $nowNs;
    }
}
