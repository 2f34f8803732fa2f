<?php

declare(strict_types=1);

namespace Bitville\Tests;

use PHPUnit\Framework\TestCase;

/** The numbers that every request sends, from a real worker to a real port. */
final class StatsTest extends TestCase
{
    private static ?Fpm $fpm = null;

    public static function tearDownAfterClass(): void
    {
        self::$fpm = null;
    }

    protected function setUp(): void
    {
        if (!Fpm::isPossible()) {
            self::markTestSkipped('no php-fpm: set BITVILLE_TEST_FPM to the command that starts one');
        }
        self::$fpm = self::$fpm ?? new Fpm([]);
    }

    public function testAFastRequestSendsItsNumbersAndNothingElse(): void
    {
        $udp = new Udp();
        $queued = \number_format(\microtime(true) - 5, 3, '.', '');
        self::ask($udp, [], [
            'REQUEST_URI' => '/cart/17/items?sku=9', 'HTTP_USER_AGENT' => 'curl/8', 'HTTP_X_REQUEST_START' => 't=' . $queued,
        ]);
        $stat = $udp->record();

        self::assertSame(['v', 'kind', 'project', 'at_us', 'body'], \array_keys($stat));
        self::assertSame([1, 'stat', 'shop'], [$stat['v'], $stat['kind'], $stat['project']]);
        self::assertLessThan(60e6, \abs(\microtime(true) * 1e6 - $stat['at_us']));
        $body = $stat['body'];
        self::assertSame(
            ['method' => 'GET', 'route' => '/cart/{}/items', 'status' => 201, 'client' => '127.0.0.1', 'user_agent' => 'curl/8'],
            \array_intersect_key($body, \array_flip(['method', 'route', 'status', 'client', 'user_agent']))
        );
        self::assertFalse($body['captured']);
        self::assertGreaterThanOrEqual(4900000, $body['queue_us']);
        self::assertGreaterThan(0, $body['wall_us']);
        self::assertGreaterThan(100000, $body['memory_peak_bytes']);
        self::assertSame([0, 0], [$body['sql_count'], $body['sql_us']]);
        self::assertGreaterThanOrEqual(0, $body['cpu_us']);
        self::assertNull($udp->datagram(false));
    }

    public function testWhateverTheRequestSaysItStaysBelowAKilobyte(): void
    {
        $udp = new Udp();
        $bytes = \str_repeat(\implode('', \array_map('chr', \range(1, 255))), 20);
        foreach ([\str_repeat('a/', 3000), $bytes, "\xff\xfe" . \str_repeat("\x80", 4000)] as $text) {
            self::ask($udp, [], [
                'REQUEST_URI' => '/' . $text, 'HTTP_USER_AGENT' => $text, 'REQUEST_METHOD' => \substr($text, 0, 200),
                'HTTP_X_FORWARDED_FOR' => $text,
            ]);
            $datagram = (string) $udp->datagram();
            self::assertLessThan(1024, \strlen($datagram));
            self::assertSame('stat', \json_decode(\substr($datagram, 12), true, 512, \JSON_THROW_ON_ERROR)['kind']);
        }
    }

    public function testItCanBeSwitchedOff(): void
    {
        $udp = new Udp();
        self::ask($udp, ['stats' => 'off'], []);
        self::assertNull($udp->datagram(false));
    }

    public function testACapturedRequestSaysThatItIs(): void
    {
        $udp = new Udp();
        $peer = new Peer(Peer::ACKS);
        self::ask($udp, ['threshold' => '0ms', 'socket' => $peer->path], []);
        $body = $udp->record()['body'];
        self::assertTrue($body['captured']);
        self::assertArrayNotHasKey('lost', $body);
        self::assertSame('slow', $peer->record()['body']['reason']);
    }

    public function testARequestWhoseRecordNobodyTookIsKnownByItsNumbers(): void
    {
        $udp = new Udp();
        $lost = ['threshold' => '0ms', 'socket' => Given::path(), 'udp_records' => 'off', 'spool_dir' => ''];
        self::ask($udp, $lost, ['REQUEST_URI' => '/cart/17']);
        $body = $udp->record()['body'];
        self::assertTrue($body['captured']);
        self::assertMatchesRegularExpression('/^[0-9a-f-]{36}$/', $body['lost']['correlation_id']);
        unset($body['lost']['correlation_id'], $body['lost']['pid']);
        self::assertSame(['reason' => 'slow', 'why' => 'connect', 'sapi' => 'fpm-fcgi'], $body['lost']);
    }

    public function testARecordThatTheCollectorMayHaveIsNotToldTwice(): void
    {
        $udp = new Udp();
        $peer = new Peer(Peer::NEVER_ANSWERS);
        $unsure = ['threshold' => '0ms', 'socket' => $peer->path, 'udp_records' => 'off', 'spool_dir' => ''];
        self::ask($udp, $unsure, []);
        self::assertArrayNotHasKey('lost', $udp->record()['body']);
    }

    /**
     * @param array<string, string> $php
     * @param array<string, string> $request
     */
    private static function ask(Udp $udp, array $php, array $request): void
    {
        self::$fpm->request(__DIR__ . '/apps/web.php', $request + [
            'LISTENER' => \dirname(__DIR__) . '/listener.php',
            'BITVILLE_SETTINGS' => Given::settingsFile($php + ['udp' => $udp->address]),
        ]);
    }
}
