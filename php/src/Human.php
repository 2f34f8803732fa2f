<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Toggles, durations and sizes as people write them in the settings: `on`, `500ms`, `64MiB`.
 *
 * A quantity is a whole number and a unit, nothing between them. The Rust half reads the same by
 * the same rules; `wire/testdata/settings_cases.json` holds the two together. What can't be read
 * is null.
 *
 * @internal
 */
final class Human
{
    private const TOGGLES = [
        'on' => true, 'yes' => true, 'true' => true, '1' => true,
        'off' => false, 'no' => false, 'false' => false, '0' => false,
    ];

    private const UNITS = [
        'duration' => [
            'us' => 1, 'ms' => 1000, 's' => 1000000, 'm' => 60000000, 'h' => 3600000000, 'd' => 86400000000,
        ],
        'size' => [
            'B' => 1, 'KB' => 1000, 'MB' => 1000000, 'GB' => 1000000000,
            'KiB' => 1024, 'MiB' => 1048576, 'GiB' => 1073741824,
        ],
        'count' => ['' => 1],
    ];

    public static function toggle(string $text): ?bool
    {
        return self::TOGGLES[\strtolower($text)] ?? null;
    }

    public static function durationUs(string $text): ?int
    {
        return self::quantity('duration', $text);
    }

    public static function sizeBytes(string $text): ?int
    {
        return self::quantity('size', $text);
    }

    /** A count has no unit. */
    public static function count(string $text): ?int
    {
        return self::quantity('count', $text);
    }

    /** @param string $quantity `duration` in microseconds, `size` in bytes, or `count` */
    public static function quantity(string $quantity, string $text): ?int
    {
        $units = self::UNITS[$quantity];
        if (\preg_match('/^0*(\d{1,19})([A-Za-z]*)$/D', $text, $part) !== 1 || !isset($units[$part[2]])) {
            return null;
        }
        $number = (int) $part[1];
        // Nineteen digits may be more than an integer holds; the cast stops at the greatest one.
        $fits = (string) $number === $part[1] && $number <= \intdiv(\PHP_INT_MAX, $units[$part[2]]);
        return $fits ? $number * $units[$part[2]] : null;
    }

    /** The number in the largest unit that is exact, to be read back by people and by us. */
    public static function text(string $quantity, int $number): string
    {
        $text = (string) $number;
        $length = \PHP_INT_MAX;
        foreach (self::UNITS[$quantity] as $unit => $size) {
            $inUnit = \intdiv($number, $size) . $unit;
            // Of two ways to write the same the shorter one, of equally long ones the larger unit.
            if ($number % $size === 0 && ($number > 0 || $size === 1) && \strlen($inUnit) - \strlen($unit) <= $length) {
                $length = \strlen($inUnit) - \strlen($unit);
                $text = $inUnit;
            }
        }
        return $text;
    }
}
