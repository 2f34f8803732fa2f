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
 * statement here). Values are never read.
 *
 * @internal
 */
final class PhalconEvents
{
    private Queries $queries;

    private Clock $clock;

    /** @var array<int, array{0: \WeakReference, 1: ?int}> per connection: its PDO, and the backend's pid */
    private array $backends = [];

    private function __construct(Queries $queries, Clock $clock)
    {
        $this->queries = $queries;
        $this->clock = $clock;
    }

    /** @param object $target a connection or an events manager */
    public static function attach($target, Queries $queries, ?Clock $clock = null): void
    {
        $manager = $target;
        if (\method_exists($target, 'setEventsManager')) {
            $manager = $target->getEventsManager();
            if ($manager === null) {
                $manager = new \Phalcon\Events\Manager();
                $target->setEventsManager($manager);
            }
        }
        // Connections may share a manager, and each of them may be given to us.
        foreach ($manager->getListeners('db') as $listener) {
            if ($listener instanceof self) {
                return;
            }
        }
        $manager->attach('db', new self($queries, $clock ?? new SystemClock()));
    }

    /** @return null */
    public function beforeQuery($event, $connection)
    {
        $this->observe(function (int $nowNs) use ($connection): void {
            $id = self::id($connection);
            $this->queries->begin($id, $nowNs, [
                'sql' => (string) $connection->getSQLStatement(),
                'in_transaction' => self::isInTransaction($connection),
                'backend_pid' => $this->backendPid($id, $connection),
            ]);
            $this->queries->started($id, $this->clock->monotonicNs());
        });
        return null;
    }

    /** @return null */
    public function afterQuery($event, $connection)
    {
        $this->observe(function (int $nowNs) use ($connection): void {
            $this->queries->end(self::id($connection), $nowNs);
        });
        return null;
    }

    /** @return null */
    public function beginTransaction($event, $connection)
    {
        $this->observe(function (int $nowNs) use ($connection): void {
            $this->queries->beginTransaction(self::id($connection), $nowNs);
        });
        return null;
    }

    /** @return null */
    public function commitTransaction($event, $connection)
    {
        $this->observe(function (int $nowNs) use ($connection): void {
            $this->queries->endTransaction(self::id($connection), $nowNs, 'commit');
        });
        return null;
    }

    /** @return null */
    public function rollbackTransaction($event, $connection)
    {
        $this->observe(function (int $nowNs) use ($connection): void {
            $this->queries->endTransaction(self::id($connection), $nowNs, 'rollback');
        });
        return null;
    }

    /**
     * The time is taken first: what we do ourselves is no part of a statement.
     *
     * @param callable(int): void $tell
     */
    private function observe(callable $tell): void
    {
        $nowNs = $this->clock->monotonicNs();
        Silence::during(static function () use ($tell, $nowNs): void {
            $tell($nowNs);
        });
        $this->queries->selfNs += $this->clock->monotonicNs() - $nowNs;
    }

    /** @param object $connection */
    private static function id($connection): int
    {
        return (int) $connection->getConnectionId();
    }

    /**
     * Asks PDO, which asks libpq, which knows without a round trip; also of a BEGIN that was sent as
     * a plain statement.
     *
     * @param object $connection
     */
    private static function isInTransaction($connection): bool
    {
        return \method_exists($connection, 'isUnderTransaction') && (bool) $connection->isUnderTransaction();
    }

    /**
     * The server process behind a connection: no round trip either. It is asked for once per PDO,
     * which is only held weakly, since the application may close it by letting it go.
     *
     * @param object $connection
     */
    private function backendPid(int $id, $connection): ?int
    {
        $pdo = $connection->getInternalHandler();
        if (!$pdo instanceof \PDO) {
            return null;
        }
        if (!isset($this->backends[$id]) || $this->backends[$id][0]->get() !== $pdo) {
            $isPostgres = $pdo->getAttribute(\PDO::ATTR_DRIVER_NAME) === 'pgsql';
            $this->backends[$id] = [\WeakReference::create($pdo), $isPostgres ? (int) $pdo->pgsqlGetPid() : null];
        }
        return $this->backends[$id][1];
    }
}
