<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Capture;
use Bitville\Silence;
use PHPUnit\Framework\TestCase;

/**
 * What is captured, and what it says: real requests in processes of their own, a real profiler, a
 * real socket. Only the budget is tested with a clock that the test moves.
 */
final class CaptureTest extends TestCase
{
    public function testAnOrdinaryRequestIsTold(): void
    {
        $peer = new Peer(Peer::ACKS);
        App::run('hello', self::settingsFile($peer));
        $record = $peer->record();

        self::assertSame(
            ['v' => 1, 'kind' => 'request', 'project' => 'shop', 'host' => 'web1'],
            \array_intersect_key($record, ['v' => 0, 'kind' => 0, 'project' => 0, 'host' => 0])
        );
        self::assertMatchesRegularExpression('/^[0-9a-f]{8}-[0-9a-f]{4}-7/', $record['event_id']);
        self::assertMatchesRegularExpression('/^[0-9a-f]{8}-[0-9a-f]{4}-4/', $record['body']['correlation_id']);
        self::assertSame('slow', $record['body']['reason']);
        self::assertSame('CLI', $record['body']['method']);
        self::assertSame('cli', $record['body']['sapi']);
        self::assertGreaterThan(0, $record['body']['wall_us']);
        self::assertSame(67108864, $record['body']['memory']['limit_bytes']);
        self::assertSame(0, $record['body']['sql']['count']);
        self::assertGreaterThan(0, $record['body']['listener']['self_us']);
        self::assertNull($record['body']['error']);
    }

    public function testAProfileNamesFunctionsMethodsAndClosuresAndAddsUp(): void
    {
        if (!App::hasProfiler()) {
            self::markTestSkipped('no profiling extension for this PHP');
        }
        $peer = new Peer(Peer::ACKS);
        App::run('hello', self::settingsFile($peer, ['profile_memory' => 'on']));
        $profile = $peer->record()['body']['profile'];

        self::assertSame(['tideways_xhprof', 'call_pairs'], [$profile['engine'], $profile['shape']]);
        self::assertSame(0, $profile['folded_edges']);
        self::assertSame(['calls', 'wall_us', 'memory_bytes', 'peak_memory_bytes'], $profile['metrics']);
        $calls = [];
        foreach ($profile['edges'] as $edge) {
            self::assertCount(6, $edge);
            $calls[($edge[0] === -1 ? '' : $profile['names'][$edge[0]]) . '>' . $profile['names'][$edge[1]]] = $edge[2];
        }
        self::assertSame(1, $calls['>main()']);
        self::assertSame(1, $calls['main()>HelloController::showAction']);
        self::assertSame(9, $calls['HelloController::{closure}>factorial']);
        self::assertSame(8, $calls['factorial>factorial@1']);
        self::assertArrayHasKey('main()>Bitville', $calls);
        self::assertSame([], \preg_grep('/^Bitville\\\\/', $profile['names']));
    }

    public function testBuiltInFunctionsAreLeftOutIfNotWanted(): void
    {
        if (!App::hasProfiler()) {
            self::markTestSkipped('no profiling extension for this PHP');
        }
        $peer = new Peer(Peer::ACKS);
        App::run('hello', self::settingsFile($peer, ['profile_builtins' => 'off']));
        $names = $peer->record()['body']['profile']['names'];

        self::assertContains('factorial', $names);
        self::assertNotContains('array_map', $names);
    }

    public function testAFatalErrorIsToldWhateverTheTimeAndWithoutItsSecrets(): void
    {
        $peer = new Peer(Peer::ACKS);
        App::run('fatal', self::settingsFile($peer, ['threshold' => '1h']));
        $body = $peer->record()['body'];

        self::assertSame(['error', 'E_ERROR'], [$body['reason'], $body['error']['type']]);
        self::assertStringContainsString('no such user, password=[redacted]', $body['error']['message']);
        self::assertStringEndsWith('fatal.php', $body['error']['file']);
        self::assertStringNotContainsString('hunter2', \json_encode($body));
    }

    public function testWhatTheApplicationCallsItselfGoesFirst(): void
    {
        $peer = new Peer(Peer::ACKS);
        App::run('twice', self::settingsFile($peer));
        $body = $peer->record()['body'];

        self::assertSame(['/twice/{id}', 'TwiceController::showAction'], [$body['route'], $body['action']]);
    }

    public function testAProfileThatTheApplicationTookIsNamedAsMissing(): void
    {
        if (!App::hasProfiler()) {
            self::markTestSkipped('no profiling extension for this PHP');
        }
        $peer = new Peer(Peer::ACKS);
        App::run('own_profile', self::settingsFile($peer));
        $body = $peer->record()['body'];

        self::assertNull($body['profile']);
        self::assertSame(['profile: ended by the application'], $body['listener']['skipped']);
    }

    public function testAWebRequestIsToldWithoutItsSecretsAndAnsweredUnchanged(): void
    {
        $peer = new Peer(Peer::ACKS);
        $watched = new WebServer('web', self::settingsFile($peer));
        $plain = new WebServer('web', null);
        $request = ['POST', '/cart/17/submit?sku=9&q=%FF', [
            'Content-Type: application/x-www-form-urlencoded', 'Cookie: PHPSESSID=abc; theme=dark',
            'User-Agent: check/1', 'Authorization: Bearer abcdefgh', 'X-Request-Start: t=1000000000.000',
        ], 'password=hunter2&city=Ghent&blob=%00%FF'];

        self::assertSame($plain->request(...$request), $watched->request(...$request));
        $body = $peer->record()['body'];
        self::assertSame(['POST', 201, '/cart/{}/submit'], [$body['method'], $body['status'], $body['route']]);
        self::assertSame('/cart/17/submit?sku=[redacted]&q=[redacted]', $body['url']);
        self::assertSame('127.0.0.1', $body['client']);
        self::assertSame(['content-length', 'content-type', 'host', 'user-agent'], \array_keys($body['headers']));
        self::assertSame(['sku' => '[redacted]', 'q' => '[redacted]'], $body['variables']['get']);
        self::assertSame(
            ['password' => '[redacted]', 'city' => 'Ghent', 'blob' => "\0\u{fffd}"],
            $body['variables']['post']
        );
        self::assertSame(['PHPSESSID', 'theme'], $body['variables']['cookies']);
        self::assertNull($body['queue_us']);
    }

    public function testPostgresIsToldTheCorrelationIdAndTheEnvironmentIsCleanWhenOff(): void
    {
        $peer = new Peer(Peer::ACKS);
        $told = App::run('pgappname', self::settingsFile($peer))['output'];
        $untold = App::run('pgappname', self::settingsFile($peer, ['correlation' => 'off']))['output'];

        self::assertSame('bv:' . $peer->record()['body']['correlation_id'], $told);
        self::assertSame('none', $untold);
    }

    public function testFeaturesThatAreOffAreAbsent(): void
    {
        $peer = new Peer(Peer::ACKS);
        $off = ['profile' => 'off', 'sql' => 'off', 'memory' => 'off', 'variables' => 'off', 'headers' => 'off'];
        App::run('hello', self::settingsFile($peer, $off));
        $body = $peer->record()['body'];

        foreach (['profile', 'sql', 'memory', 'variables'] as $feature) {
            self::assertNull($body[$feature], $feature);
        }
        self::assertSame([], $body['headers']);
        self::assertSame([], $body['listener']['skipped']);
    }

    /** @dataProvider budgets */
    public function testWhenTheTimeIsUpTheNextStepIsNotBegun(int $stepUs, string $outcome): void
    {
        $trace = Given::path();
        // Every look at the clock takes this long.
        $clock = new FakeClock(1763892202000000, $stepUs);
        $php = ['threshold' => '0ms', 'profile' => 'off', 'trace_file' => $trace, 'socket' => Given::path()];
        $php += ['udp' => '', 'spool_dir' => ''];
        $capture = new Capture(Given::settings($php), $clock, 'an-id', [], \random_bytes(16), $clock->monotonicNs());
        $capture->begin();
        Silence::during(static function () use ($capture): void {
            $capture->finish(null);
        });

        self::assertStringContainsString(' an-id slow skipped:' . $outcome . ' ', (string) \file_get_contents($trace));
    }

    /** @return iterable<string, array{0: int, 1: string}> */
    public function budgets(): iterable
    {
        yield 'before the profile' => [60000, 'budget_profile'];
        yield 'before its cost is known' => [30000, 'budget_calibrate'];
        yield 'before the statements' => [20000, 'budget_sql'];
        yield 'before the request' => [13000, 'budget_request'];
        yield 'before the encoding' => [9000, 'budget_encode'];
        yield 'before the connection' => [4300, 'budget_connect'];
        yield 'never' => [100, 'connect'];
    }

    /** @param array<string, string> $php */
    private static function settingsFile(Peer $peer, array $php = []): string
    {
        return Given::settingsFile($php + ['threshold' => '0ms', 'socket' => $peer->path]);
    }
}
