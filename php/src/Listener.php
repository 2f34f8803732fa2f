<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What the application sees: the life of one request, from the include to the hand-over.
 *
 *     Listener::attach($connection)   once per database connection or events manager
 *     Listener::route('/cart/{id}')   where no router tells the pattern
 *     Listener::correlationId()       for the application's own log lines
 *
 * Each of them is safe at any time, also when Bitville is switched off or half installed, and
 * none ever throws. State is static because a request has one life; everything that can be tested
 * with values of its own is in {@see Capture}.
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
        self::announce($settings, self::correlationId());
        $capture = new Capture($settings, new SystemClock(), self::correlationId(), $_SERVER, $beganNs);
        // First registered runs first: before the application's own handlers, whose time is theirs,
        // and before any of them can end the chain with exit().
        \register_shutdown_function(static function () use ($capture): void {
            Silence::during(static function () use ($capture): void {
                $capture->finish(\error_get_last());
            });
        });
        self::$capture = $capture;
        $capture->begin();
    }

    /**
     * Watches the statements of a Phalcon connection, or of all connections of an events manager.
     *
     * @param object $connectionOrEventsManager no type: Phalcon 3.4, 4 and 5 name theirs differently
     */
    public static function attach($connectionOrEventsManager): void
    {
        if (self::$capture !== null && self::$capture->settings->sql) {
            $queries = self::$capture->queries;
            Silence::during(static function () use ($connectionOrEventsManager, $queries): void {
                PhalconEvents::attach($connectionOrEventsManager, $queries);
            });
        }
    }

    /** Names the route, and if known the action, of this request. */
    public static function route(string $route, ?string $action = null): void
    {
        if (self::$capture !== null) {
            self::$capture->route = $route;
            self::$capture->action = $action;
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

    /** Tells the id to Postgres (libpq reads the variable when it connects) and to the client. */
    private static function announce(Settings $settings, string $correlationId): void
    {
        if ($settings->correlation && \function_exists('putenv')) {
            // PHP restores the environment when the request ends.
            \putenv('PGAPPNAME=bv:' . $correlationId);
        }
        if ($settings->responseHeader && !\headers_sent()) {
            \header('X-Bitville-Id: ' . $correlationId);
        }
    }
}
