<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Breaker;
use Bitville\Datagram;
use Bitville\Deadline;
use Bitville\Frame;
use Bitville\Handover;
use Bitville\Skipped;
use Bitville\Spool;
use Bitville\SystemClock;
use PHPUnit\Framework\TestCase;

/** Which way a record takes when others are shut. */
final class HandoverTest extends TestCase
{
    private const LARGE = Datagram::BYTES_MAX + 1;

    public function testTheSocketComesFirst(): void
    {
        foreach ([[Peer::ACKS, 'acked'], [Peer::REFUSES, 'refused']] as [$manner, $outcome]) {
            $peer = new Peer($manner);
            $udp = new Udp();
            self::assertSame($outcome, self::send(['socket' => $peer->path, 'udp' => $udp->address], 1000));
            self::assertNull($udp->datagram(false));
        }
    }

    public function testThenADatagramIfAllOfItFitsIntoOne(): void
    {
        $udp = new Udp();
        $spool = Given::folder();
        self::assertSame('sent:connect', self::send(['udp' => $udp->address, 'spool_dir' => $spool], 1000));
        do {
            $datagram = $udp->datagram();
        } while ($datagram === '');
        self::assertSame(self::frame(1000), $datagram);
        self::assertSame('spooled:connect', self::send(['udp' => $udp->address, 'spool_dir' => $spool], self::LARGE));
        $frames = \glob($spool . '/*.frame') ?: [];
        self::assertSame([self::frame(self::LARGE)], \array_map('file_get_contents', $frames));
    }

    public function testRecordsStayOffUdpWhereTheSiteSaysSo(): void
    {
        $udp = new Udp();
        $php = ['udp' => $udp->address, 'udp_records' => 'off'];
        self::assertSame('skipped:connect', self::send($php, 1000));
        self::assertNull($udp->datagram(false));
    }

    public function testWhatIsTooLargeForTheSpoolComesWithoutItsLargeParts(): void
    {
        $spool = Given::folder();
        self::assertSame('spooled_lean:connect', self::send(['spool_dir' => $spool], Spool::FRAME_BYTES_MAX + 1));
        $frames = \glob($spool . '/*.frame') ?: [];
        self::assertSame(['lean'], \array_map('file_get_contents', $frames));
    }

    public function testALeanDatagramIsTheLastWay(): void
    {
        $udp = new Udp();
        self::assertSame('sent_lean:connect', self::send(['udp' => $udp->address], self::LARGE));
        do {
            $datagram = $udp->datagram();
        } while ($datagram === '');
        self::assertSame('lean', $datagram);
    }

    public function testAPortWhereNobodyListensIsNoWay(): void
    {
        $udp = new Udp();
        $address = $udp->address;
        unset($udp);
        $spool = Given::folder();
        for ($try = 0; $try < 3; $try++) {
            self::assertSame('skipped:connect', self::send(['udp' => $address], 1000));
            self::assertSame('skipped:connect', self::send(['udp' => $address], self::LARGE));
            self::assertSame('spooled:connect', self::send(['udp' => $address, 'spool_dir' => $spool . '/' . $try], 1000));
        }
    }

    public function testASlowSocketLeavesTimeForTheOtherWays(): void
    {
        $peer = new Peer(Peer::NEVER_ANSWERS);
        $php = ['socket' => $peer->path, 'spool_dir' => Given::folder()];
        self::assertSame('spooled:budget_answer', self::send($php, 1000));
    }

    public function testWithAnOpenBreakerTheSocketIsNotAsked(): void
    {
        $peer = new Peer(Peer::ACKS);
        $spool = Given::folder();
        \file_put_contents($spool . '/breaker', '!!!!!');
        \clearstatcache();
        self::assertSame('spooled:breaker', self::send(['socket' => $peer->path, 'spool_dir' => $spool], 1000));
    }

    public function testWhenTheTimeIsUpNothingIsTried(): void
    {
        $spool = Given::folder();
        self::assertSame('skipped:budget_connect', self::send(['spool_dir' => $spool], 1000, 0));
        self::assertSame([], \glob($spool . '/*.frame'));
    }

    /** So many bytes, with their header. */
    private static function frame(int $bytes): string
    {
        return Frame::encode('"' . \str_repeat('x', $bytes - 14) . '"');
    }

    /** @param array<string, string> $php */
    private static function send(array $php, int $bytes, int $budgetUs = 50000): string
    {
        $dir = $php['spool_dir'] ?? '';
        if ($dir !== '' && !\is_dir($dir)) {
            \mkdir($dir);
        }
        $settings = Given::settings($php + ['socket' => Given::path(), 'udp' => '', 'spool_dir' => '']);
        $clock = new SystemClock();
        $handover = new Handover($settings, new Breaker($settings), $clock);
        $lean = static function (): string {
            return 'lean';
        };
        $deadline = new Deadline($clock, $clock->monotonicNs() + $budgetUs * 1000);
        try {
            return (string) @$handover->send(self::frame($bytes), $lean, \random_bytes(8), $deadline);
        } catch (Skipped $skipped) {
            return 'skipped:' . $skipped->getMessage();
        }
    }
}
