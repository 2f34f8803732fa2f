<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Runs our code so that the application can't notice: nothing thrown, nothing reported.
 *
 * The `@` operator is no silence: the application's error handler is called all the same, and
 * `error_get_last()` changes. A handler that calls every error handled prevents both, so nothing
 * has to be cleared afterwards and an older error of the application's stays where it was.
 *
 * @internal
 */
final class Silence
{
    /** @param callable(): void $work */
    public static function during(callable $work): void
    {
        \set_error_handler(static function (): bool {
            return true;
        });
        try {
            $work();
        } catch (\Throwable $swallowed) {
            // Nothing of ours is worth a broken request.
        } finally {
            \restore_error_handler();
        }
    }
}
