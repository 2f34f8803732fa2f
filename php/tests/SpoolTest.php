<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Spool;
use PHPUnit\Framework\TestCase;

final class SpoolTest extends TestCase
{
    private const PLACES = 4;
    private const BYTES_MAX = self::PLACES * Spool::FRAME_BYTES_MAX;

    public function testAFrameIsThereWholeUnderItsName(): void
    {
        $folder = Given::folder();
        $frame = \random_bytes(100000);

        self::assertTrue(Spool::put($folder, self::BYTES_MAX, $frame, "\0\2\0\1\0\0\0\0"));
        self::assertSame(['0002.frame'], self::names($folder));
        self::assertSame($frame, \file_get_contents($folder . '/0002.frame'));
    }

    public function testItNeverHoldsMoreThanItsPlaces(): void
    {
        $folder = Given::folder();
        $taken = 0;
        for ($try = 0; $try < 200; $try++) {
            $taken += Spool::put($folder, self::BYTES_MAX, 'frame', \random_bytes(8)) ? 1 : 0;
        }
        self::assertSame(self::PLACES, $taken);
        self::assertCount(self::PLACES, self::names($folder));
    }

    public function testWhatAKilledWorkerLeftIsNotTouched(): void
    {
        $folder = Given::folder();
        \file_put_contents($folder . '/0000.part', 'half');
        // Place 0 is being written, as far as anybody knows; place 1 is free.
        self::assertTrue(@Spool::put($folder, self::BYTES_MAX, 'frame', "\0\0\0\1\0\0\0\0"));
        self::assertFalse(@Spool::put($folder, self::BYTES_MAX, 'frame', "\0\0\0\0\0\0\0\0"));
        self::assertSame(['0000.part', '0001.frame'], self::names($folder));
    }

    public function testWhatDoesNotFitOrHasNoFolderIsRefused(): void
    {
        $large = \str_repeat('x', Spool::FRAME_BYTES_MAX + 1);
        self::assertFalse(Spool::put(Given::folder(), self::BYTES_MAX, $large, \random_bytes(8)));
        self::assertFalse(@Spool::put(Given::path(), self::BYTES_MAX, 'frame', \random_bytes(8)));
    }

    public function testAFullFileSystemLeavesNothingHalfDone(): void
    {
        $folder = Given::folder();
        if (\posix_geteuid() !== 0) {
            self::markTestSkipped('a small file system needs root to mount it');
        }
        \exec('mount -t tmpfs -o size=64k none ' . $folder . ' 2>&1', $output, $status);
        if ($status !== 0) {
            self::markTestSkipped('no file system can be mounted here: ' . \implode(' ', $output));
        }
        try {
            self::assertFalse(@Spool::put($folder, self::BYTES_MAX, \str_repeat('x', 100000), \random_bytes(8)));
            self::assertSame([], self::names($folder));
            self::assertTrue(Spool::put($folder, self::BYTES_MAX, \str_repeat('x', 1000), \random_bytes(8)));
        } finally {
            \exec('umount ' . $folder);
        }
    }

    public function testManyWritersAtOnceNeverTearAFrame(): void
    {
        $folder = Given::folder();
        $code = 'define("BITVILLE_SETTINGS", "/none"); require $argv[1]; Bitville\Parts::load(["Spool"]);'
            . 'for ($n = 0; $n < 200; $n++) { $f = str_repeat(chr(65 + $n % 26), 50000); '
            . '@Bitville\Spool::put($argv[2], 4 * 524288, $f, random_bytes(8)); '
            . 'foreach (glob($argv[2] . "/*.frame") as $p) { $t = @file_get_contents($p); if ($t !== false && $t !== "" '
            . '&& ($t !== str_repeat($t[0], 50000))) { exit(9); } if (mt_rand(0, 3) === 0) { @unlink($p); } } }';
        $writers = [];
        for ($writer = 0; $writer < 4; $writer++) {
            $command = \array_merge(App::php(), ['-r', $code, '--', \dirname(__DIR__) . '/listener.php', $folder]);
            $writers[] = \proc_open($command, [0 => ['file', '/dev/null', 'r']], $pipes);
        }
        foreach ($writers as $writer) {
            self::assertSame(0, \proc_close($writer));
        }
        self::assertLessThanOrEqual(self::PLACES, \count(self::names($folder)));
        self::assertSame([], \glob($folder . '/*.part'));
    }

    /** @return list<string> */
    private static function names(string $folder): array
    {
        return \array_values(\array_diff(\scandir($folder) ?: [], ['.', '..']));
    }
}
