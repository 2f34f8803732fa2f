<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Listens to the events of Phalcon's group `db`, of Phalcon 3.4, 4 and 5, and tells {@see Queries}.
 *
 * Phalcon calls the method that is named like the event, with the event, the connection and data.
 * Nothing is type-hinted, since the versions name their classes differently. Every method returns
 * null: false would cancel the query, and any other value would overrule another listener's false.
 *
 *     beginTransaction, commitTransaction, rollbackTransaction   before the call; none afterwards
 *     beforeQuery, afterQuery                                    no afterQuery when it threw
 *
 * The statement is `getSQLStatement()`: the "real" one is wrong in 4.1 (still the previous
 * statement here).
 *
 * Each event of a fast request is paid for, so there is no {@see Silence} here: what throws is
 * caught, and nothing here can warn.
 *
 * @internal
 */
final class PhalconEvents
{
    private Queries $queries;

    private Backends $backends;

    private Clock $clock;

    private bool $keepsValues;

    private function __construct(Queries $queries, Backends $backends, bool $keepsValues, Clock $clock)
    {
        $this->keepsValues = $keepsValues;
        $this->queries = $queries;
        $this->backends = $backends;
        $this->clock = $clock;
    }

    /** @param object $target a connection or an events manager */
    public static function attach($target, Queries $queries, Backends $backends, ?Clock $clock = null): void
    {
        $manager = $target;
        if (\method_exists($target, 'setEventsManager')) {
            $manager = $target->getEventsManager();
            if ($manager === null) {
                $manager = new \Phalcon\Events\Manager();
                $target->setEventsManager($manager);
            }
        }
        $queries->isAttached = true;
        // Connections may share a manager, and each of them may be given to us.
        foreach ($manager->getListeners('db') as $listener) {
            if ($listener instanceof self) {
                return;
            }
        }
        $manager->attach('db', new self($queries, $backends, $queries->keepsValues(), $clock ?? new SystemClock()));
    }

    /** @return null */
    public function beforeQuery($event, $connection)
    {
        $nowNs = $this->clock->monotonicNs();
        try {
            $id = (int) $connection->getConnectionId();
            $pid = $this->backends->pid($id, $connection->getInternalHandler());
            $query = $this->queries->begin($id, $nowNs, $connection->getSQLStatement(), $pid);
            if ($query->isLocker) {
                $query->isInTransaction = $connection->isUnderTransaction() === true;
            }
            $values = $connection->getSQLVariables();
            if (\is_array($values)) {
                $query->bind($values, $this->keepsValues);
            }
            // Our own work before the statement is not part of it.
            $query->startNs = $this->clock->monotonicNs();
            $this->queries->selfNs += $query->startNs - $nowNs;
        } catch (\Throwable $swallowed) {
            // No connection of a Phalcon that we know.
        }
        return null;
    }

    /** @return null */
    public function afterQuery($event, $connection)
    {
        $nowNs = $this->clock->monotonicNs();
        try {
            $query = $this->queries->end((int) $connection->getConnectionId(), $nowNs);
            if ($query !== null && $query->isSlow) {
                // Phalcon tells nothing of a BEGIN that was sent as a plain statement.
                $query->isInTransaction = $query->isInTransaction || $connection->isUnderTransaction() === true;
            }
        } catch (\Throwable $swallowed) {
        }
        $this->queries->selfNs += $this->clock->monotonicNs() - $nowNs;
        return null;
    }

    /** @return null */
    public function beginTransaction($event, $connection)
    {
        $nowNs = $this->clock->monotonicNs();
        try {
            $this->queries->beginTransaction((int) $connection->getConnectionId(), $nowNs);
        } catch (\Throwable $swallowed) {
        }
        return null;
    }

    /** @return null */
    public function commitTransaction($event, $connection)
    {
        return $this->endTransaction($connection, 'commit');
    }

    /** @return null */
    public function rollbackTransaction($event, $connection)
    {
        return $this->endTransaction($connection, 'rollback');
    }

    /**
     * @param object $connection
     *
     * @return null
     */
    private function endTransaction($connection, string $end)
    {
        $nowNs = $this->clock->monotonicNs();
        try {
            $this->queries->endTransaction((int) $connection->getConnectionId(), $nowNs, $end);
        } catch (\Throwable $swallowed) {
        }
        return null;
    }
}
