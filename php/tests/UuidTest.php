<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Listener;
use Bitville\Uuid;
use PHPUnit\Framework\TestCase;

/**
 * Ids have the form that the other side checks, and a request keeps its own.
 */
final class UuidTest extends TestCase
{
    public function testVersion4KeepsAllBitsButThoseOfVersionAndVariant(): void
    {
        self::assertSame('00000000-0000-4000-8000-000000000000', Uuid::v4(\str_repeat("\0", 16)));
        self::assertSame('ffffffff-ffff-4fff-bfff-ffffffffffff', Uuid::v4(\str_repeat("\xff", 16)));
    }

    public function testVersion7BeginsWithTheMilliseconds(): void
    {
        // The example of RFC 9562, appendix A.6.
        $random = "\x0c\xc3" . "\x18\xc4\xdc\x0c\x0c\x07\x39\x8f";
        self::assertSame('017f22e2-79b0-7cc3-98c4-dc0c0c07398f', Uuid::v7(1645557742000999, $random));
    }

    public function testTheIdOfARequestStaysTheSameEvenWhenAllIsOff(): void
    {
        $pattern = '/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/D';
        self::assertMatchesRegularExpression($pattern, Listener::correlationId());
        self::assertSame(Listener::correlationId(), Listener::correlationId());
    }
}
