<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Breaker;
use PHPUnit\Framework\TestCase;

final class BreakerTest extends TestCase
{
    public function testItOpensAfterFailuresInARowAndClosesWithASuccess(): void
    {
        $folder = Given::folder();
        $breaker = new Breaker(Given::settings(['spool_dir' => $folder, 'breaker_failures' => '3']));
        $nowUs = self::nowUs();
        $breaker->note(false, $nowUs);
        $breaker->note(false, $nowUs);
        $breaker->note(true, $nowUs);
        $breaker->note(false, $nowUs);
        $breaker->note(false, $nowUs);
        self::assertFalse(self::isOpen($breaker, $nowUs));
        $breaker->note(false, $nowUs);
        self::assertTrue(self::isOpen($breaker, $nowUs));
        $breaker->note(true, $nowUs);
        self::assertFalse(self::isOpen($breaker, $nowUs));
        self::assertFileDoesNotExist($folder . '/breaker');
    }

    public function testItIsOpenForTheCooldownAndOneMoreFailureOpensItAgain(): void
    {
        $folder = Given::folder();
        $settings = Given::settings(['spool_dir' => $folder, 'breaker_failures' => '2', 'breaker_cooldown' => '10s']);
        $breaker = new Breaker($settings);
        $nowUs = self::nowUs();
        $breaker->note(false, $nowUs);
        $breaker->note(false, $nowUs);
        self::assertTrue(self::isOpen($breaker, $nowUs + 5000000));
        self::assertFalse(self::isOpen($breaker, $nowUs + 12000000));
        // As if it had happened in the past, and fails again now.
        \touch($folder . '/breaker', \time() - 60);
        self::assertFalse(self::isOpen($breaker, $nowUs));
        $breaker->note(false, $nowUs);
        self::assertTrue(self::isOpen($breaker, self::nowUs()));
    }

    public function testAClockThatWasSetBackDoesNotKeepItOpen(): void
    {
        $folder = Given::folder();
        $breaker = new Breaker(Given::settings(['spool_dir' => $folder, 'breaker_failures' => '1']));
        $breaker->note(false, self::nowUs());
        self::assertFalse(self::isOpen($breaker, self::nowUs() - 3600 * 1000000));
    }

    public function testWithNoPlaceForItThereIsNone(): void
    {
        foreach (['', '/no/such/folder', Given::file('')] as $dir) {
            $breaker = new Breaker(Given::settings(['spool_dir' => $dir, 'breaker_failures' => '1']));
            @$breaker->note(false, self::nowUs());
            self::assertFalse(@self::isOpen($breaker, self::nowUs()), $dir);
        }
    }

    /**
     * @testWith ["apcu"]
     *           ["file"]
     */
    public function testWorkersShareItAndNothingIsProfiledWhileItIsOpen(string $place): void
    {
        if (!Fpm::isPossible()) {
            self::markTestSkipped('no php-fpm: set BITVILLE_TEST_FPM to the command that starts one');
        }
        $extensions = ['excimer', 'tideways_xhprof'];
        $fpm = new Fpm($place === 'apcu' ? \array_merge(['apcu'], $extensions) : $extensions, [], [], 2);
        $peer = new Peer(Peer::ACKS);
        $php = ['socket' => Given::path(), 'spool_dir' => Given::folder(), 'breaker_failures' => '4', 'threshold' => '0ms'];
        $params = [
            'LISTENER' => \dirname(__DIR__) . '/listener.php',
            'BITVILLE_SETTINGS' => Given::settingsFile($php + ['profile' => 'excimer']),
        ];
        $script = __DIR__ . '/apps/hello.php';
        // Two connections at the same time are two workers.
        $workers = [$fpm->client(), $fpm->client()];
        for ($request = 0; $request < 6; $request++) {
            $workers[$request % 2]->request(Fpm::params($script, $params));
        }
        $told = ['profiled' => 0, 'breaker' => 0];
        foreach (\glob($php['spool_dir'] . '/*.frame') ?: [] as $frame) {
            // A busy machine may take too long for a profile, which is no matter of the breaker.
            $skipped = \json_decode(\substr((string) \file_get_contents($frame), 12), true)['body']['listener']['skipped'];
            $told[\in_array('profile: breaker is open', $skipped, true) ? 'breaker' : 'profiled']++;
        }
        self::assertSame(['profiled' => 4, 'breaker' => 2], $told);
        unset($peer);
    }

    private static function isOpen(Breaker $breaker, int $nowUs): bool
    {
        // PHP remembers what a file was like until it is told to forget.
        \clearstatcache();
        return $breaker->isOpen($nowUs);
    }

    private static function nowUs(): int
    {
        return (int) (\microtime(true) * 1e6);
    }
}
