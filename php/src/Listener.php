<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What the application sees: the life of one request, from the include to the hand-over.
 *
 *     Listener::attach($di)              once: watches the statements of all its connections
 *     Listener::pdo($dsn, …)             a watched PDO, for code outside of Phalcon
 *     Listener::route('/cart/{id}')      where no router of Phalcon's tells the pattern
 *     Listener::exception($exception)    where the application catches what went wrong
 *     Listener::correlationId()          for the application's own log lines
 *     Listener::applicationName()        for a connection's `application_name`
 *
 * Each of them is safe at any time, also when Bitville is switched off or half installed, and
 * none ever throws (a connection that `pdo()` can't open aside, as with PDO itself). State is static
 * because a request has one life; everything that can be tested with values of its own is in
 * {@see Capture}.
 */
final class Listener
{
    /** Null when switched off. */
    private static ?Capture $capture = null;

    private static ?string $correlationId = null;

    /** @internal Called once, at the end of `listener.php`. */
    public static function start(int $beganNs): void
    {
        $settings = Settings::load(Settings::path());
        if (!$settings->enabled || (!$settings->cli && \in_array(\PHP_SAPI, ['cli', 'phpdbg'], true))) {
            return;
        }
        if (Parts::areCompiledEachTime() && !Parts::load(Parts::all())) {
            return;
        }
        $random = \random_bytes(16);
        $inbound = isset($_SERVER['HTTP_X_BITVILLE_ID']) ? self::inbound($settings) : null;
        self::$correlationId = $inbound ?? Uuid::v4($random);
        self::announce($settings, self::$correlationId);

        $capture = new Capture($settings, new SystemClock(), self::$correlationId, $_SERVER, $random, $beganNs);
        // First registered runs first: before the application's own handlers, whose time is theirs,
        // and before any of them can end the chain with exit(). The reserve is let go by a function of
        // PHP's: as one of ours begins, a profiler may look at the stack, and take memory for it.
        $reserve = new \ArrayObject([\str_repeat(' ', Capture::RESERVE_BYTES)]);
        \register_shutdown_function([$reserve, 'offsetUnset'], 0);
        \register_shutdown_function(static function () use ($capture): void {
            Silence::during(static function () use ($capture): void {
                $capture->finish(\error_get_last());
            });
        });
        self::$capture = $capture;
        if ($settings->sql && $settings->sqlAttach) {
            self::attachWhatIsThere();
        }
        $capture->begin();
    }

    /**
     * Watches the statements of all connections that a Phalcon DI makes, of those of an events
     * manager, or of one connection.
     *
     * @param object $target no type: Phalcon 3.4, 4 and 5 name theirs differently
     */
    public static function attach($target): void
    {
        if (self::$capture !== null && self::$capture->settings->sql) {
            $capture = self::$capture;
            Silence::during(static function () use ($target, $capture): void {
                Parts::load(Parts::SQL);
                PhalconServices::attach($target, $capture->queries, $capture->backends());
            });
        }
    }

    /**
     * A PDO whose statements are watched; a plain one when Bitville or its SQL is switched off.
     *
     * @param array<int, mixed>|null $options
     *
     * @throws \PDOException as `new PDO` does
     */
    public static function pdo(
        string $dsn,
        ?string $user = null,
        ?string $password = null,
        ?array $options = null
    ): \PDO {
        $capture = self::$capture;
        $watch = null;
        if ($capture !== null && $capture->settings->sql) {
            Silence::during(static function () use ($capture, &$watch, &$dsn, $options): void {
                Parts::load(Parts::PDO);
                $watch = new StatementWatch($capture->queries, $capture->backends(), new SystemClock());
                $dsn = $capture->backends()->dsn($dsn, $options ?? []);
            });
        }
        if ($watch === null) {
            return new \PDO($dsn, $user, $password, $options);
        }
        $pdo = new TracedPdo($dsn, $user, $password, $options);
        $pdo->watch($watch);
        return $pdo;
    }

    /** Names the route, and if known the action, of this request. */
    public static function route(string $route, ?string $action = null): void
    {
        if (self::$capture !== null) {
            self::$capture->route = $route;
            self::$capture->action = $action;
        }
    }

    /** Tells of an exception that the application caught and answers with an error of its own. */
    public static function exception(\Throwable $exception): void
    {
        if (self::$capture !== null) {
            // No reference to it is kept: its trace holds arguments, which may hold anything.
            self::$capture->exception = [
                \get_class($exception), $exception->getMessage(), $exception->getFile(), $exception->getLine(),
            ];
        }
    }

    /** This request's id: a UUID v4, also when Bitville is switched off. */
    public static function correlationId(): string
    {
        if (self::$correlationId === null) {
            try {
                self::$correlationId = Uuid::v4(\random_bytes(16));
            } catch (\Throwable $noRandomness) {
                self::$correlationId = Uuid::NIL;
            }
        }
        return self::$correlationId;
    }

    /** What a connection of this request is to be called in Postgres; for a DSN or a descriptor. */
    public static function applicationName(): string
    {
        return 'bv:' . self::correlationId();
    }

    /** The id that a trusted front end has given to the request. */
    private static function inbound(Settings $settings): ?string
    {
        $given = $_SERVER['HTTP_X_BITVILLE_ID'];
        if (!\is_string($given) || $settings->trustedProxies === [] || !Uuid::isV4($given)) {
            return null;
        }
        Parts::load(Parts::INBOUND);
        $peer = (string) ($_SERVER['REMOTE_ADDR'] ?? '');
        return Network::anyHolds($settings->trustedProxies, $peer) ? $given : null;
    }

    /** Tells the id to Postgres (libpq reads the variable when it connects) and to the client. */
    private static function announce(Settings $settings, string $correlationId): void
    {
        if ($settings->applicationName === 'environment' && \function_exists('putenv')) {
            // PHP restores the environment when the request ends.
            \putenv('PGAPPNAME=bv:' . $correlationId);
        }
        if ($settings->responseHeader && !\headers_sent()) {
            \header('X-Bitville-Id: ' . $correlationId);
        }
    }

    /** Where the include stands behind the application's container, nothing else has to be called. */
    private static function attachWhatIsThere(): void
    {
        foreach (['Phalcon\Di\Di', 'Phalcon\Di'] as $class) {
            if (\class_exists($class, false) && ($di = $class::getDefault()) !== null) {
                self::attach($di);
                return;
            }
        }
    }
}
