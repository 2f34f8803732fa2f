<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Gives a frame to the collector over its unix socket, and waits for one byte that says it is safe.
 *
 * The socket never blocks: PHP's own write timeout starts anew with every partial write, so a slow
 * reader could hold the request for minutes. Instead slices are written from an offset, and what
 * has to wait waits in `stream_select` for no longer than the deadline leaves. A collector that is
 * absent, dead or has a full backlog refuses the connection at once.
 *
 * @internal
 */
final class UnixSocket
{
    private const ACK = "\x06";
    private const NAK = "\x15";

    /** One copy of a slice at a time, and few calls: PHP 7.4 cuts writes at 8 KiB all the same. */
    private const SLICE_BYTES = 65536;

    /**
     * @return string `acked` or `refused`
     *
     * @throws Skipped
     */
    public static function send(string $path, string $frame, Deadline $deadline): string
    {
        $deadline->check('connect');
        $flags = \STREAM_CLIENT_CONNECT | \STREAM_CLIENT_ASYNC_CONNECT;
        $socket = \stream_socket_client('unix://' . $path, $code, $message, $deadline->remainingUs() / 1e6, $flags);
        if ($socket === false) {
            throw new Skipped('connect');
        }
        try {
            \stream_set_blocking($socket, false);
            self::write($socket, $frame, $deadline);
            return self::answer($socket, $deadline);
        } finally {
            \fclose($socket);
        }
    }

    /**
     * @param resource $socket
     *
     * @throws Skipped
     */
    private static function write($socket, string $frame, Deadline $deadline): void
    {
        $length = \strlen($frame);
        $offset = 0;
        while ($offset < $length) {
            $deadline->check('write');
            $written = \fwrite($socket, \substr($frame, $offset, self::SLICE_BYTES));
            if ($written === false) {
                throw new Skipped('write');
            }
            $offset += $written;
            if ($written === 0) {
                self::wait([], [$socket], $deadline, 'write');
            }
        }
    }

    /**
     * @param resource $socket
     *
     * @throws Skipped
     */
    private static function answer($socket, Deadline $deadline): string
    {
        self::wait([$socket], [], $deadline, 'answer');
        $answer = \fread($socket, 1);
        if ($answer === self::ACK) {
            return 'acked';
        }
        if ($answer === self::NAK) {
            return 'refused';
        }
        throw new Skipped('answer');
    }

    /**
     * @param list<resource> $read
     * @param list<resource> $write
     *
     * @throws Skipped
     */
    private static function wait(array $read, array $write, Deadline $deadline, string $step): void
    {
        $except = [];
        $deadline->check($step);
        $remainingUs = $deadline->remainingUs();
        $ready = \stream_select($read, $write, $except, \intdiv($remainingUs, 1000000), $remainingUs % 1000000);
        if ($ready === 0) {
            throw new Skipped('budget_' . $step);
        }
        // A signal, or a descriptor above 1023, which select can't watch: not worth another try.
        if ($ready === false) {
            throw new Skipped('select');
        }
    }
}
