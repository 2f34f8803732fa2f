<?php

declare(strict_types=1);

namespace Bitville;

/**
 * A folder in which frames wait for a collector that is away; on tmpfs, since a disk may make us wait
 * without an end, most of all in a load spike.
 *
 *     0000.part … NNNN.part     being written, by the one who could make it
 *     0000.frame … NNNN.frame   whole; the collector takes these away
 *
 * The folder has a fixed number of places, so it can't outgrow `spool_max` however long nobody
 * empties it, and no one has to look through it: a place is picked by chance, and when a few in a row
 * are taken the folder counts as full. A frame is written under a name that nobody reads and renamed
 * when it is whole. What a killed worker has left half done, the collector clears away.
 *
 * @internal
 */
final class Spool
{
    /** Larger ones come without their large parts. */
    public const FRAME_BYTES_MAX = 512 * 1024;

    private const TRIES = 4;

    /** @return bool false when it is missing, full or can't be written */
    public static function put(string $dir, int $bytesMax, string $frame, string $random): bool
    {
        if (\strlen($frame) > self::FRAME_BYTES_MAX || !\is_dir($dir)) {
            return false;
        }
        $places = \intdiv($bytesMax, self::FRAME_BYTES_MAX);
        foreach (\unpack('n' . self::TRIES, \str_pad($random, 2 * self::TRIES, "\0")) as $number) {
            $place = $dir . \sprintf('/%04d', $number % $places);
            $file = \is_file($place . '.frame') ? false : \fopen($place . '.part', 'xb');
            if ($file !== false) {
                return self::write($file, $place, $frame);
            }
        }
        return false;
    }

    /** @param resource $file */
    private static function write($file, string $place, string $frame): bool
    {
        // 8 KiB at a time is what PHP 7.4 would do as well; a full file system takes less.
        $isWhole = \fwrite($file, $frame) === \strlen($frame);
        $isWhole = \fclose($file) && $isWhole;
        // Somebody may have filled the place between the look and the making of the part.
        if ($isWhole && !\is_file($place . '.frame') && \rename($place . '.part', $place . '.frame')) {
            return true;
        }
        \unlink($place . '.part');
        return false;
    }
}
