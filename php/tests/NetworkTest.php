<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Network;
use PHPUnit\Framework\TestCase;

final class NetworkTest extends TestCase
{
    /**
     * @testWith ["192.0.2.0/24", "192.0.2.255", true]
     *           ["192.0.2.0/24", "192.0.3.0", false]
     *           ["192.0.2.128/25", "192.0.2.127", false]
     *           ["192.0.2.7", "192.0.2.7", true]
     *           ["192.0.2.7", "192.0.2.8", false]
     *           ["0.0.0.0/0", "203.0.113.9", true]
     *           ["0.0.0.0/0", "2001:db8::1", false]
     *           ["2001:db8::/33", "2001:db8:7fff::1", true]
     *           ["2001:db8::/33", "2001:db8:8000::1", false]
     *           ["::1", "::1", true]
     *           ["192.0.2.0/24", "", false]
     *           ["192.0.2.0/24", "192.0.2.1, 192.0.2.2", false]
     */
    public function testWhatANetworkHolds(string $network, string $address, bool $holds): void
    {
        self::assertTrue(Network::isOne($network));
        self::assertSame($holds, @Network::anyHolds([$network], $address));
    }

    /**
     * @testWith ["192.0.2.0/33"]
     *           ["2001:db8::/129"]
     *           ["192.0.2.0/"]
     *           ["192.0.2/24"]
     *           ["proxy.example"]
     *           ["192.0.2.0/-1"]
     *           [""]
     */
    public function testWhatIsNone(string $network): void
    {
        self::assertFalse(@Network::isOne($network));
    }

    /**
     * The proxies are 10.0.0.0/8; the client may write what it likes in front.
     *
     * @testWith ["203.0.113.9", "198.51.100.1", "203.0.113.9"]
     *           ["10.0.0.1", "198.51.100.1", "198.51.100.1"]
     *           ["10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"]
     *           ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"]
     *           ["10.0.0.1", "198.51.100.1, garbage", "10.0.0.1"]
     *           ["10.0.0.1", "2001:db8::7", "2001:db8::7"]
     *           ["10.0.0.1", ",,,", "10.0.0.1"]
     */
    public function testWhoTheClientIs(string $peer, string $forwardedFor, string $client): void
    {
        self::assertSame($client, @Network::client(['10.0.0.0/8'], $peer, $forwardedFor));
    }

    public function testAnEndlessChainIsWalkedForSoFar(): void
    {
        $chain = '198.51.100.1, ' . \implode(', ', \array_fill(0, 100000, '10.0.0.2'));
        self::assertSame('10.0.0.2', Network::client(['10.0.0.0/8'], '10.0.0.1', $chain));
    }
}
