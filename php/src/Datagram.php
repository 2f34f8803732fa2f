<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Sends frames to the collector's UDP port: one datagram each, with no answer.
 *
 * The socket is persistent, so a worker opens it once. `stream_socket_sendto` is one `send`; PHP 7.4
 * cuts what goes through `fwrite` into datagrams of 8 KiB. Loopback answers a datagram that nobody
 * waits for at once, but the sender is told with its next one: so an empty datagram goes first where
 * it matters, and the collector passes over those.
 *
 * @internal
 */
final class Datagram
{
    /** The most that UDP over IPv4 carries. */
    public const BYTES_MAX = 65507;

    /** Whether it was given to the kernel. */
    public static function send(string $address, string $frame): bool
    {
        $socket = self::open($address);
        return $socket !== null && self::put($socket, $frame);
    }

    /** Whether it was given to the kernel and somebody listens. */
    public static function deliver(string $address, string $frame): bool
    {
        $socket = self::open($address);
        if ($socket === null || \strlen($frame) > self::BYTES_MAX) {
            return false;
        }
        // One that fails has only fetched the news that an earlier one was refused.
        if (\stream_socket_sendto($socket, '') !== 0) {
            \stream_socket_sendto($socket, '');
        }
        return self::put($socket, $frame);
    }

    /** @return resource|null */
    private static function open(string $address)
    {
        $flags = \STREAM_CLIENT_CONNECT | \STREAM_CLIENT_PERSISTENT;
        $socket = \stream_socket_client('udp://' . $address, $code, $message, 0, $flags);
        if ($socket === false) {
            return null;
        }
        // A full send buffer is a reason to drop, never to wait.
        \stream_set_blocking($socket, false);
        return $socket;
    }

    /** @param resource $socket */
    private static function put($socket, string $frame): bool
    {
        return \stream_socket_sendto($socket, $frame) === \strlen($frame);
    }
}
