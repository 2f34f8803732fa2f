<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Ids as RFC 9562 writes them, from random bytes that the caller brings.
 *
 * Version 4 names a request everywhere (nothing can be learnt from it); version 7 names a record
 * in the store, where ids that grow with time are cheaper to index.
 *
 * @internal
 */
final class Uuid
{
    /** Stands where no randomness was to be had. */
    public const NIL = '00000000-0000-0000-0000-000000000000';

    /** @param string $random 16 bytes */
    public static function v4(string $random): string
    {
        return self::format($random, 0x40);
    }

    /** @param string $random 10 bytes */
    public static function v7(int $wallUs, string $random): string
    {
        // The low 48 bits of a 64-bit big-endian number of milliseconds.
        $time = \substr(\pack('J', \intdiv($wallUs, 1000)), 2);
        return self::format($time . $random, 0x70);
    }

    /** In lower case, as we write them: what comes from outside ends in logs and SQL. */
    public static function isV4(string $text): bool
    {
        return \preg_match('/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/D', $text) === 1;
    }

    private static function format(string $bytes, int $version): string
    {
        $bytes[6] = \chr(\ord($bytes[6]) & 0x0f | $version);
        $bytes[8] = \chr(\ord($bytes[8]) & 0x3f | 0x80);
        $hex = \bin2hex($bytes);
        return \substr($hex, 0, 8) . '-' . \substr($hex, 8, 4) . '-' . \substr($hex, 12, 4) . '-'
            . \substr($hex, 16, 4) . '-' . \substr($hex, 20);
    }
}
