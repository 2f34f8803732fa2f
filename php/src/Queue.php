<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The wait before PHP: what grows first when a pool has no worker left. The front end stamps its
 * requests (`X-Request-Start`): `t=` and seconds, milliseconds or microseconds since the epoch.
 *
 * @internal
 */
final class Queue
{
    /** A wait longer than this is a front end's clock that is wrong. */
    private const US_MAX = 3600000000;

    public static function us(string $stamp, int $startAtUs): ?int
    {
        if (\preg_match('/^(?:t=)?(\d{10,16}(?:\.\d{1,6})?)$/D', $stamp, $part) !== 1) {
            return null;
        }
        $number = (float) $part[1];
        // Seconds have 10 digits until the year 2286, milliseconds 13.
        $unitUs = $number < 1e11 ? 1e6 : ($number < 1e14 ? 1e3 : 1);
        $queueUs = $startAtUs - (int) \round($number * $unitUs);
        return $queueUs >= 0 && $queueUs <= self::US_MAX ? $queueUs : null;
    }
}
