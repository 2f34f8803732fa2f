<?php

declare(strict_types=1);

namespace Bitville\Tests;

/** A UDP port on loopback, as the collector opens it. */
final class Udp
{
    private const PATIENCE_S = 30;

    public string $address;

    /** @var resource */
    private $socket;

    public function __construct()
    {
        $this->socket = \stream_socket_server('udp://127.0.0.1:0', $code, $message, \STREAM_SERVER_BIND);
        $this->address = (string) \stream_socket_get_name($this->socket, false);
    }

    /** The next datagram; none if there is none, for those that were sent before the question. */
    public function datagram(bool $isAwaited = true): ?string
    {
        $read = [$this->socket];
        $none = [];
        if (\stream_select($read, $none, $none, $isAwaited ? self::PATIENCE_S : 0) !== 1) {
            return null;
        }
        return (string) \stream_socket_recvfrom($this->socket, 65536);
    }

    /**
     * The next datagram's record, empty ones passed over.
     *
     * @return array<string, mixed>
     */
    public function record(): array
    {
        do {
            $datagram = $this->datagram();
        } while ($datagram === '');
        if ($datagram === null) {
            throw new \RuntimeException('nothing arrived');
        }
        $header = \unpack('Nlength/Cversion/Cflags/nreserved/Nchecksum', $datagram);
        $body = \substr($datagram, 12);
        if ($header !== ['length' => \strlen($body), 'version' => 1, 'flags' => 1, 'reserved' => 0, 'checksum' => \crc32($body)]) {
            throw new \RuntimeException('a broken frame: ' . \json_encode($header));
        }
        return \json_decode($body, true, 512, \JSON_THROW_ON_ERROR);
    }
}
