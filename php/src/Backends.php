<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The database connections of a request: the server process behind each, and what it is called there.
 *
 * The process id comes from libpq without a round trip. Its name is the request's id, by one of:
 *
 * - `environment`: libpq reads `PGAPPNAME` when it connects, which costs nothing. A persistent
 *   connection keeps the name of the request that opened it, so it counts as not named.
 * - `dsn`: the application puts {@see Listener::applicationName()} into its DSN; never with a
 *   persistent connection, since PHP would keep one for each request.
 * - `set_config`: one statement on each connection, before its first one outside of a transaction. It
 *   is the only way that works with persistent connections, and costs a round trip. It is no `SET`,
 *   because each of those would be a statement of its own in pg_stat_statements.
 *
 * A PDO is only held weakly, since the application may close it by letting it go.
 *
 * @internal
 */
final class Backends
{
    /** A script may open any number; of those it has let go, so many are remembered. */
    private const CONNECTIONS_MAX = 100;

    /** It was tried, and did not work. */
    private const NOBODY = '';

    private string $mode;

    private string $name;

    /** Places in what is known of a connection. */
    private const PDO = 0;
    private const PID = 1;
    private const IS_PERSISTENT = 2;
    private const NAMED_BY = 3;

    /** @var array<int, array{0: \WeakReference, 1: ?int, 2: bool, 3: ?string}> */
    private array $known = [];

    /** @var list<array<string, mixed>> those whose PDO was replaced by another */
    private array $former = [];

    public function __construct(string $mode, string $correlationId)
    {
        $this->mode = $mode;
        $this->name = 'bv:' . $correlationId;
    }

    /** The server process behind a connection; null if it is none of Postgres'. */
    public function pid(int $connection, ?\PDO $pdo): ?int
    {
        $known = $this->known[$connection] ?? null;
        if ($known === null || $known[self::PDO]->get() !== $pdo) {
            if ($pdo === null) {
                return null;
            }
            $known = $this->meet($connection, $pdo);
        }
        if ($this->mode === 'set_config' && $known[self::NAMED_BY] === null && $known[self::PID] !== null) {
            $this->call($connection, $pdo);
        }
        return $known[self::PID];
    }

    /**
     * The DSN with the name in it, if that is how it is told.
     *
     * @param array<int, mixed> $options
     */
    public function dsn(string $dsn, array $options): string
    {
        $isOurs = $this->mode === 'dsn' && \strncmp($dsn, 'pgsql:', 6) === 0
            && empty($options[\PDO::ATTR_PERSISTENT]) && \strpos($dsn, 'application_name') === false;
        return $isOurs ? \rtrim($dsn, '; ') . ';application_name=' . $this->name : $dsn;
    }

    /** @return list<array<string, mixed>> the protocol's `sql.connections` */
    public function describe(): array
    {
        $connections = $this->former;
        foreach ($this->known as $connection => $known) {
            $connections[] = self::shape($connection, $known);
        }
        return $connections;
    }

    /** @return array{0: \WeakReference, 1: ?int, 2: bool, 3: ?string} */
    private function meet(int $connection, \PDO $pdo): array
    {
        if (isset($this->known[$connection]) && \count($this->former) < self::CONNECTIONS_MAX) {
            $this->former[] = self::shape($connection, $this->known[$connection]);
        }
        if (\count($this->known) >= self::CONNECTIONS_MAX) {
            unset($this->known[\array_keys($this->known)[0]]);
        }
        $pid = null;
        $isPersistent = false;
        Silence::during(static function () use ($pdo, &$pid, &$isPersistent): void {
            $isPostgres = $pdo->getAttribute(\PDO::ATTR_DRIVER_NAME) === 'pgsql';
            $isPersistent = (bool) $pdo->getAttribute(\PDO::ATTR_PERSISTENT);
            $pid = $isPostgres ? (int) $pdo->pgsqlGetPid() : null;
        });
        $isNamed = $pid !== null && !$isPersistent && ($this->mode === 'environment' || $this->mode === 'dsn');
        return $this->known[$connection]
            = [\WeakReference::create($pdo), $pid, $isPersistent, $isNamed ? $this->mode : null];
    }

    /** Once, whatever comes of it: a connection on which this fails has other troubles. */
    private function call(int $connection, \PDO $pdo): void
    {
        if ($pdo->inTransaction()) {
            return;
        }
        $this->known[$connection][self::NAMED_BY] = self::NOBODY;
        Silence::during(function () use ($connection, $pdo): void {
            // A name of ours holds nothing that would have to be quoted.
            $statement = "SELECT set_config('application_name', '" . $this->name . "', false)";
            $outcome = $pdo instanceof TracedPdo ? $pdo->unwatched($statement) : $pdo->exec($statement);
            if ($outcome !== false) {
                $this->known[$connection][self::NAMED_BY] = 'set_config';
            }
        });
    }

    /**
     * @param array{0: \WeakReference, 1: ?int, 2: bool, 3: ?string} $known
     *
     * @return array<string, mixed>
     */
    private static function shape(int $connection, array $known): array
    {
        return [
            'connection' => $connection,
            'backend_pid' => $known[self::PID],
            'persistent' => $known[self::IS_PERSISTENT],
            'named_by' => $known[self::NAMED_BY] === self::NOBODY ? null : $known[self::NAMED_BY],
        ];
    }
}
