<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Redactor;
use Bitville\Route;
use PHPUnit\Framework\TestCase;

/**
 * What must never be recorded, by its name or by its look, and what must stay readable.
 */
final class RedactorTest extends TestCase
{
    /** @dataProvider urls */
    public function testAQuerysNamesStayAndItsValuesGo(string $url, string $shown): void
    {
        self::assertSame($shown, (new Redactor(false))->url($url));
    }

    /** @return iterable<array{0: string, 1: string}> */
    public function urls(): iterable
    {
        yield ['/cart', '/cart'];
        yield ['/cart?', '/cart?'];
        yield ['/cart?sku=9&q=my+illness', '/cart?sku=[redacted]&q=[redacted]'];
        yield ['/cart?sku=9&&x=', '/cart?sku=[redacted]&&x=[redacted]'];
        yield ['/cart?just-a-value', '/cart?[redacted]'];
        yield ['https://user:hunter2@shop.test/cart?a=1', 'https://[redacted]@shop.test/cart?a=[redacted]'];
        yield ['/pay/4111111111111111', '/pay/[redacted]'];
    }

    public function testAQuerysValuesAreShownIfTheSiteWantsThemButNotItsSecrets(): void
    {
        $shown = (new Redactor(true))->url('/cart?sku=9&api_key=abc&q=4111-1111-1111-1111');

        self::assertSame('/cart?sku=9&api_key=[redacted]&q=[redacted]', $shown);
    }

    /** @dataProvider names */
    public function testWhatHasTheNameOfASecretHasNoValue(string $name, bool $isSecret): void
    {
        $shown = (new Redactor(true))->variables([$name => 'abc']);

        self::assertSame([$name => $isSecret ? '[redacted]' : 'abc'], $shown);
    }

    /** @return iterable<array{0: string, 1: bool}> */
    public function names(): iterable
    {
        $secrets = ['password', 'PASSWORD', 'user_passwd', 'pwd', 'clientSecret', 'csrf-token', 'PHPSESSID', 'apiKey',
            'credit_no', 'cardNumber', 'Authorization', 'userPin', 'pin', 'otp', 'iban', 'cvv', 'cookie', 'pass'];
        foreach ($secrets as $name) {
            yield $name => [$name, true];
        }
        foreach (['sku', 'quantity', 'spinner', 'passenger', 'shopping', 'keyboard', 'compass'] as $name) {
            yield $name => [$name, false];
        }
    }

    /** @dataProvider secrets */
    public function testWhatLooksLikeASecretIsReplacedWhereverItStands(string $text, string $shown): void
    {
        self::assertSame($shown, Redactor::secrets($text));
    }

    /** @return iterable<array{0: string, 1: string}> */
    public function secrets(): iterable
    {
        yield ['nothing here, order 12345', 'nothing here, order 12345'];
        yield ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP, ok', 'token [redacted], ok'];
        yield ['Bearer abcdef123456', '[redacted]'];
        yield ["x -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", 'x [redacted]'];
        yield ['card 4111 1111 1111 1111 declined', 'card [redacted] declined'];
        yield ['host=db password=hunter2 user=x', 'host=db password=[redacted] user=x'];
    }

    public function testNestedVariablesAreFlattenedWithinBounds(): void
    {
        $redactor = new Redactor(false);
        $deep = ['a' => ['b' => ['c' => ['d' => ['e' => 1]]]]];

        self::assertSame(
            ['address[city]' => 'Ghent', 'address[pin]' => '[redacted]', '0' => '1'],
            $redactor->variables(['address' => ['city' => 'Ghent', 'pin' => '1234'], 0 => true])
        );
        self::assertSame(['a[b][c][d]' => '[array]'], $redactor->variables($deep));
        self::assertCount(64, $redactor->variables(\range(1, 1000)));
        self::assertSame(256, \strlen($redactor->variables(['x' => \str_repeat('long ', 100000)])['x']));
        self::assertSame(128, \strlen((string) \key($redactor->variables([\str_repeat('n', 100000) => '']))));
    }

    public function testQueryVariablesFollowTheQuery(): void
    {
        self::assertSame(['sku' => '[redacted]'], (new Redactor(false))->queryVariables(['sku' => '9']));
        self::assertSame(['sku' => '9'], (new Redactor(true))->queryVariables(['sku' => '9']));
    }

    public function testBinaryValuesAreNoObstacle(): void
    {
        $shown = (new Redactor(true))->variables(["\xff\xfe" => "\x00\x80" . \str_repeat("\xc3", 300)]);

        self::assertCount(1, $shown);
    }

    public function testAPathIsWhatStandsBetweenHostAndQuery(): void
    {
        self::assertSame('/a/b', Route::path('https://shop.test:8080/a/b?c#d'));
        self::assertSame('/a', Route::path('/a#d?c'));
        self::assertSame('', Route::path(''));
    }
}
