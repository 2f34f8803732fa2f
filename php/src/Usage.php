<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Processor time between two moments, from `getrusage()`: a worker's sums, over all its requests.
 *
 * @internal
 */
final class Usage
{
    /**
     * @param array<string, int> $before
     * @param array<string, int> $after
     */
    public static function userUs(array $before, array $after): ?int
    {
        return self::us($before, $after, 'ru_utime.tv_sec', 'ru_utime.tv_usec');
    }

    /**
     * @param array<string, int> $before
     * @param array<string, int> $after
     */
    public static function systemUs(array $before, array $after): ?int
    {
        return self::us($before, $after, 'ru_stime.tv_sec', 'ru_stime.tv_usec');
    }

    /**
     * @param array<string, int> $before
     * @param array<string, int> $after
     */
    private static function us(array $before, array $after, string $seconds, string $micros): ?int
    {
        if (!isset($before[$seconds], $after[$seconds])) {
            return null;
        }
        return ($after[$seconds] - $before[$seconds]) * 1000000 + $after[$micros] - $before[$micros];
    }
}
