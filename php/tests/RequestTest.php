<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Memory;
use Bitville\Queue;
use Bitville\Request;
use Bitville\Route;
use Bitville\Usage;
use PHPUnit\Framework\TestCase;

/**
 * A request described from variables as a web server sets them.
 */
final class RequestTest extends TestCase
{
    private const SERVER = [
        'REQUEST_METHOD' => 'POST',
        'REQUEST_URI' => '/cart/17/submit?sku=9',
        'REMOTE_ADDR' => '192.0.2.7',
        'HTTP_HOST' => 'shop.test',
        'HTTP_REFERER' => 'https://shop.test/?q=secret+wish',
        'HTTP_COOKIE' => 'PHPSESSID=abc',
        'HTTP_AUTHORIZATION' => 'Basic dXNlcjpwYXNz',
        'HTTP_X_FORWARDED_FOR' => '198.51.100.1',
        'CONTENT_TYPE' => 'application/json',
    ];

    public function testARequestIsDescribedWithoutItsSecrets(): void
    {
        $shown = $this->request(self::SERVER)->describe(Route::guess(self::SERVER), null, '192.0.2.7');

        self::assertSame('POST', $shown['method']);
        self::assertSame('/cart/17/submit?sku=[redacted]', $shown['url']);
        self::assertSame('/cart/{}/submit', $shown['route']);
        self::assertSame('192.0.2.7', $shown['client']);
        self::assertSame([
            'content-type' => 'application/json',
            'host' => 'shop.test',
            'referer' => 'https://shop.test/?q=[redacted]',
        ], (array) $shown['headers']);
    }

    public function testARouteAndItsActionAreTold(): void
    {
        $shown = $this->request(self::SERVER)->describe('/cart/{id}/submit', 'CartController::submitAction', null);

        self::assertSame(['/cart/{id}/submit', 'CartController::submitAction'], [$shown['route'], $shown['action']]);
    }

    public function testOnTheCommandLineTheScriptStandsForTheUrl(): void
    {
        $server = ['SCRIPT_NAME' => 'job.php', 'argv' => ['job.php', '--password=x']];
        $request = $this->request($server);
        $shown = $request->describe(Route::guess($server), null, null);

        self::assertSame(['CLI', 'job.php', 'job.php'], [$shown['method'], $shown['url'], $shown['route']]);
    }

    public function testAnEndlessUrlIsCut(): void
    {
        $server = ['REQUEST_URI' => '/' . \str_repeat('x/', 100000)];
        $request = $this->request($server);
        $shown = $request->describe(Route::guess($server), null, null);

        self::assertSame(2048, \strlen($shown['url']));
        self::assertLessThanOrEqual(256, \strlen($shown['route']));
    }

    /** @dataProvider routes */
    public function testIdsInAPathAreBraces(string $path, string $route): void
    {
        self::assertSame($route, Route::ofPath($path));
    }

    /** @return iterable<array{0: string, 1: string}> */
    public function routes(): iterable
    {
        yield ['/', '/'];
        yield ['/cart/17/item/9f86d081', '/cart/{}/item/{}'];
        yield ['/order/0192aa00-7b1c-7d4e-8f00-0123456789ab', '/order/{}'];
        yield ['/cafe/facade/added', '/cafe/facade/added'];
        yield ['/product-17/2x4', '/product-17/2x4'];
        yield ['/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/a/b/c', '/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}/a/…'];
    }

    /** @dataProvider stamps */
    public function testTheWaitBeforePhpIsReadInAnyUnit(string $stamp, ?int $queueUs): void
    {
        self::assertSame($queueUs, Queue::us($stamp, 1763892202500000));
    }

    /** @return iterable<string, array{0: string, 1: ?int}> */
    public function stamps(): iterable
    {
        yield 'seconds, as nginx writes them' => ['t=1763892202.250', 250000];
        yield 'milliseconds' => ['t=1763892202250', 250000];
        yield 'microseconds' => ['1763892202250000', 250000];
        yield 'a clock that is ahead' => ['t=1763892203.000', null];
        yield 'a clock that is days behind' => ['t=1763692202.000', null];
        yield 'garbage' => ['t=yesterday', null];
        yield 'nothing' => ['', null];
    }

    public function testOnlyWhatEndedTheRequestIsAFatalError(): void
    {
        $error = ['type' => \E_WARNING, 'message' => 'x', 'file' => '/a.php', 'line' => 3];

        self::assertNull(Request::fatal(null));
        self::assertNull(Request::fatal($error));
        self::assertSame('E_ERROR', Request::fatal(['type' => \E_ERROR] + $error)['type']);
    }

    public function testAnExceptionsTraceIsNotShownSinceItHoldsArguments(): void
    {
        $message = "Uncaught Exception: no password=hunter2 in /a.php:3\nStack trace:\n#0 login('bob', 'hunter2')";
        $fatal = Request::fatal(['type' => \E_ERROR, 'message' => $message, 'file' => '/a.php', 'line' => 3]);

        self::assertSame('Uncaught Exception: no password=[redacted] in /a.php:3', $fatal['message']);
    }

    public function testCpuIsTheDifferenceOfTheWorkersSums(): void
    {
        $before = ['ru_utime.tv_sec' => 9, 'ru_utime.tv_usec' => 999000];
        $before += ['ru_stime.tv_sec' => 1, 'ru_stime.tv_usec' => 0];
        $after = ['ru_utime.tv_sec' => 11, 'ru_utime.tv_usec' => 1000];
        $after += ['ru_stime.tv_sec' => 1, 'ru_stime.tv_usec' => 7];

        self::assertSame(1002000, Usage::userUs($before, $after));
        self::assertSame(7, Usage::systemUs($before, $after));
        self::assertNull(Usage::userUs([], $after));
    }

    public function testAMemoryLimitIsReadAsPhpReadsIt(): void
    {
        foreach (['128M' => 1 << 27, '1g' => 1 << 30, '64k' => 65536, '1000' => 1000, '-1' => -1] as $text => $bytes) {
            self::assertSame($bytes, Memory::limitBytes((string) $text));
        }
    }

    /** @param array<string, mixed> $server */
    private function request(array $server): Request
    {
        return new Request(Given::settings(), $server);
    }
}
