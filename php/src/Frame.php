<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Puts the 12-byte header before a record, for the collector's unix socket:
 *
 *     length of the body u32 | version 1 u8 | flags u8 | 0 u16 | CRC-32 of the body u32, all big-endian
 *
 * Flag bit 0 says that the checksum is given, which it always is here: a frame that the deadline
 * cut short must never pass for a whole one. Examples stand in `wire/testdata/`.
 *
 * @internal
 */
final class Frame
{
    public const BODY_BYTES_MAX = 4 * 1024 * 1024;

    private const VERSION = 1;
    private const FLAG_CHECKSUM = 1;

    public static function encode(string $body): string
    {
        return \pack('NCCnN', \strlen($body), self::VERSION, self::FLAG_CHECKSUM, 0, \crc32($body)) . $body;
    }
}
