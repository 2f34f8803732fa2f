<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Addresses and networks: whom the site trusts to say who the client is and which id a request has.
 *
 * @internal
 */
final class Network
{
    /** Of a chain of proxies; a client may write as many as it likes. */
    private const HOPS_MAX = 16;

    public static function isOne(string $network): bool
    {
        [$address, $bits] = self::parts($network);
        $packed = \inet_pton($address);
        return $packed !== false && \preg_match('/^\d{1,3}$/D', $bits) === 1 && (int) $bits <= 8 * \strlen($packed);
    }

    /** @param list<string> $networks */
    public static function anyHolds(array $networks, string $address): bool
    {
        $packed = $networks === [] || $address === '' ? false : \inet_pton($address);
        foreach ($packed === false ? [] : $networks as $network) {
            if (self::holds($network, $packed)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Who sent the request: the peer, unless that is a trusted proxy. Then it is the last address of
     * `X-Forwarded-For` that is not trusted itself; what stands left of it anybody may have written.
     *
     * @param list<string> $trusted
     */
    public static function client(array $trusted, string $peer, string $forwardedFor): string
    {
        $client = $peer;
        if ($trusted === [] || $forwardedFor === '') {
            return $client;
        }
        $hops = \array_slice(\array_reverse(\explode(',', \substr($forwardedFor, -1024))), 0, self::HOPS_MAX);
        foreach ($hops as $hop) {
            if (!self::anyHolds($trusted, $client)) {
                return $client;
            }
            $hop = \trim($hop);
            if (\inet_pton($hop) === false) {
                return $client;
            }
            $client = $hop;
        }
        return $client;
    }

    private static function holds(string $network, string $packed): bool
    {
        [$address, $bits] = self::parts($network);
        $base = \inet_pton($address);
        if ($base === false || \strlen($base) !== \strlen($packed)) {
            return false;
        }
        $bytes = \intdiv((int) $bits, 8);
        $rest = (int) $bits % 8;
        if (\strncmp($base, $packed, $bytes) !== 0) {
            return false;
        }
        return $rest === 0 || ((\ord($base[$bytes]) ^ \ord($packed[$bytes])) >> (8 - $rest)) === 0;
    }

    /** @return array{0: string, 1: string} an address alone has all its bits */
    private static function parts(string $network): array
    {
        $parts = \explode('/', $network, 2);
        return [$parts[0], $parts[1] ?? (\strpos($parts[0], ':') === false ? '32' : '128')];
    }
}
