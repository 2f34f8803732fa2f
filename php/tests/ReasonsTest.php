<?php

declare(strict_types=1);

namespace Bitville\Tests;

use PHPUnit\Framework\TestCase;

/** Why a request is captured, and what is told of it beside its profile and SQL; in a real worker. */
final class ReasonsTest extends TestCase
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
        self::$fpm = self::$fpm ?? new Fpm([], ['session.save_path' => \sys_get_temp_dir()]);
    }

    public function testAStatusOfFiveHundredIsAnError(): void
    {
        $body = $this->capture([], ['QUERY_STRING' => 'status=503']);
        self::assertSame(['error', 503], [$body['reason'], $body['status']]);
        self::assertSame(['HTTP 503', 'the application answered 503'], [$body['error']['type'], $body['error']['message']]);
    }

    public function testAnExceptionThatTheApplicationTellsIsAnErrorWithoutItsSecrets(): void
    {
        $error = $this->capture([], ['QUERY_STRING' => 'throw=1'])['error'];
        self::assertSame('DomainException', $error['type']);
        self::assertStringContainsString('no kettle for', $error['message']);
        self::assertStringNotContainsString('hunter2', $error['message']);
        self::assertStringEndsWith('/apps/reasons.php', $error['file']);
        self::assertGreaterThan(0, $error['line']);
    }

    public function testErrorsCanBeSwitchedOff(): void
    {
        $trace = Given::path();
        $this->ask(['errors' => 'off', 'trace_file' => $trace], ['QUERY_STRING' => 'status=503&throw=1'], Given::path());
        self::assertFileDoesNotExist($trace);
    }

    public function testOneInSoManyIsSampled(): void
    {
        self::assertSame('sampled', $this->capture(['capture_one_in' => '1'], [])['reason']);
        self::assertNull($this->capture(['capture_one_in' => '1'], [])['error']);
    }

    public function testOfASessionOnlyAHashIsTold(): void
    {
        $request = ['HTTP_COOKIE' => 'PHPSESSID=0123456789abcdefghijklmnop; theme=dark'];
        $body = $this->capture(['threshold' => '0ms'], $request);
        self::assertMatchesRegularExpression('/^[0-9a-f]{8,64}$/D', (string) $body['session']);
        self::assertStringNotContainsString('0123456789abcdefghijklmnop', (string) \json_encode($body));
        self::assertStringNotContainsString('dark', (string) \json_encode($body));
        self::assertSame($body['session'], $this->capture(['threshold' => '0ms'], $request)['session']);
        self::assertNull($this->capture(['threshold' => '0ms', 'session' => 'off'], $request)['session']);
    }

    public function testWhatTheWorkerIsLike(): void
    {
        $runtime = $this->capture(['threshold' => '0ms'], [])['runtime'];
        self::assertSame(\PHP_VERSION, $runtime['php']);
        self::assertGreaterThan(0, $runtime['opcache']['free_bytes'] ?? 0, (string) \json_encode($runtime));
        self::assertNull($runtime['fpm']);
        self::assertNull($this->capture(['threshold' => '0ms', 'runtime' => 'off'], [])['runtime']);
    }

    public function testAnIdFromATrustedFrontEndIsTakenOver(): void
    {
        $id = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
        $trusted = ['threshold' => '0ms', 'trusted_proxies' => '127.0.0.0/8'];
        self::assertSame($id, $this->capture($trusted, ['HTTP_X_BITVILLE_ID' => $id])['correlation_id']);
        $others = [
            [$trusted, ['HTTP_X_BITVILLE_ID' => $id, 'REMOTE_ADDR' => '192.0.2.7']],
            [['threshold' => '0ms'], ['HTTP_X_BITVILLE_ID' => $id]],
            [$trusted, ['HTTP_X_BITVILLE_ID' => $id . "\r\nX: y"]],
            [$trusted, ['HTTP_X_BITVILLE_ID' => '3f2504e0-4f89-11d3-9a0c-0305e82c3301']],
        ];
        foreach ($others as [$php, $request]) {
            $own = $this->capture($php, $request)['correlation_id'];
            self::assertMatchesRegularExpression('/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/D', $own);
            self::assertNotSame($id, $own);
        }
    }

    public function testTheIdIsInTheResponseWhereTheSiteWantsIt(): void
    {
        $peer = new Peer(Peer::ACKS);
        $answer = $this->ask(['threshold' => '0ms', 'response_header' => 'on'], [], $peer->path)['output'];
        self::assertStringContainsString('X-Bitville-Id: ' . $peer->record()['body']['correlation_id'] . "\r\n", $answer);
        self::assertStringNotContainsString('X-Bitville-Id', $this->ask([], [], $peer->path)['output']);
    }

    /**
     * @param array<string, string> $php
     * @param array<string, string> $request
     *
     * @return array<string, mixed>
     */
    private function capture(array $php, array $request): array
    {
        $peer = new Peer(Peer::ACKS);
        $this->ask($php, $request, $peer->path);
        return $peer->record()['body'];
    }

    /**
     * @param array<string, string> $php
     * @param array<string, string> $request
     *
     * @return array{output: string, errors: string}
     */
    private function ask(array $php, array $request, string $socket): array
    {
        $listener = [
            'LISTENER' => \dirname(__DIR__) . '/listener.php',
            // Time enough on a machine that is busy with other things: an FPM that has begun compiles the listener first.
            'BITVILLE_SETTINGS' => Given::settingsFile($php + ['socket' => $socket, 'budget' => '1s']),
        ];
        $answer = self::$fpm->request(__DIR__ . '/apps/reasons.php', $request + $listener);
        self::assertStringEndsWith("answered\n", $answer['output']);
        self::assertSame('', $answer['errors']);
        return $answer;
    }
}
