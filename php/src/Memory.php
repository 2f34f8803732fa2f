<?php

declare(strict_types=1);

namespace Bitville;

/**
 * How much memory the request used, and how much is left for us.
 *
 * To run out of memory in a shutdown function blanks the page that the application has already
 * made, so nothing is begun without room to spare, and `memory_limit` is never raised. PHP takes
 * memory from the system in chunks of 2 MiB, and it is the sum of those that is limited.
 *
 * @internal
 */
final class Memory
{
    /** For the profile, whose size nobody knows before it is fetched: 20,000 edges take some 15 MiB. */
    public const WHOLE_BYTES = 16 * 1024 * 1024;

    /** Each part is there up to four times: as array, as JSON, as frame, as the slice being written. */
    public const COPIES = 4;

    /** @return array{peak_used_bytes: int, peak_allocated_bytes: int, limit_bytes: int} */
    public static function figures(): array
    {
        return [
            // The reserve was held all the time, and is none of the application's.
            'peak_used_bytes' => \max(0, \memory_get_peak_usage(false) - Capture::RESERVE_BYTES),
            'peak_allocated_bytes' => \memory_get_peak_usage(true),
            'limit_bytes' => self::limitBytes((string) \ini_get('memory_limit')),
        ];
    }

    public static function hasRoomFor(int $bytes): bool
    {
        $limit = self::limitBytes((string) \ini_get('memory_limit'));
        return $limit < 0 || $limit - \memory_get_usage(true) >= $bytes;
    }

    /** `128M` in bytes, by PHP's own rules; -1 is no limit. */
    public static function limitBytes(string $text): int
    {
        $text = \trim($text);
        $powers = ['k' => 10, 'm' => 20, 'g' => 30];
        return (int) $text << ($powers[\strtolower(\substr($text, -1))] ?? 0);
    }
}
