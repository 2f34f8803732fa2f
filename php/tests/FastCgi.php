<?php

declare(strict_types=1);

namespace Bitville\Tests;

/**
 * What a web server says to PHP-FPM: one FastCGI request at a time over one kept connection.
 *
 * A record is version 1, type, request id, length of its content, padding; then the content. See the
 * FastCGI specification 1.0, section 3.3.
 */
final class FastCgi
{
    private const BEGIN = 1;
    private const END = 3;
    private const PARAMS = 4;
    private const STDIN = 5;
    private const STDOUT = 6;
    private const STDERR = 7;

    private const CONTENT_BYTES_MAX = 65535;

    /** Long for a machine that is busy with other tests; nothing waits that long when all is well. */
    private const PATIENCE_S = 60;

    private string $path;

    /** @var resource|null */
    private $connection;

    public function __construct(string $path)
    {
        $this->path = $path;
    }

    /**
     * @param array<string, string> $params as `$_SERVER` will have them
     *
     * @return array{output: string, errors: string} headers and body as PHP wrote them; FPM's log
     */
    public function request(array $params, string $body = ''): array
    {
        $params += ['REQUEST_METHOD' => $body === '' ? 'GET' : 'POST', 'CONTENT_LENGTH' => (string) \strlen($body)];
        $connection = $this->connection();
        // Flag 1: keep the connection.
        self::write($connection, self::record(self::BEGIN, \pack('nCx5', 1, 1))
            . self::stream(self::PARAMS, self::pairs($params)));
        // Piece by piece: a body of a hundred megabytes is not to be copied as a whole.
        for ($offset = 0; $offset < \strlen($body); $offset += self::CONTENT_BYTES_MAX) {
            self::write($connection, self::record(self::STDIN, \substr($body, $offset, self::CONTENT_BYTES_MAX)));
        }
        self::write($connection, self::record(self::STDIN, ''));
        return $this->response($connection);
    }

    /** @return resource */
    private function connection()
    {
        if ($this->connection === null) {
            $this->connection = \stream_socket_client('unix://' . $this->path, $code, $message, self::PATIENCE_S);
            \stream_set_timeout($this->connection, self::PATIENCE_S);
            \stream_set_chunk_size($this->connection, 65536);
        }
        return $this->connection;
    }

    /**
     * @param resource $connection
     *
     * @return array{output: string, errors: string}
     */
    private function response($connection): array
    {
        $streams = [self::STDOUT => '', self::STDERR => ''];
        while (true) {
            $header = self::read($connection, 8);
            if ($header === null) {
                // The worker died. What it had sent is all there is.
                $this->connection = null;
                break;
            }
            $head = \unpack('Cversion/Ctype/nid/nlength/Cpadding', $header);
            $content = (string) self::read($connection, $head['length'] + $head['padding']);
            if ($head['type'] === self::END) {
                break;
            }
            $streams[$head['type']] .= \substr($content, 0, $head['length']);
        }
        return ['output' => $streams[self::STDOUT], 'errors' => $streams[self::STDERR]];
    }

    /** @param resource $connection */
    private static function read($connection, int $length): ?string
    {
        $bytes = '';
        while (\strlen($bytes) < $length) {
            $part = \fread($connection, $length - \strlen($bytes));
            if ($part === false || $part === '') {
                return null;
            }
            $bytes .= $part;
        }
        return $bytes;
    }

    /** @param resource $connection */
    private static function write($connection, string $bytes): void
    {
        while ($bytes !== '') {
            $written = \fwrite($connection, $bytes);
            if ($written === false || $written === 0) {
                return;
            }
            $bytes = (string) \substr($bytes, $written);
        }
    }

    /** @param array<string, string> $params */
    private static function pairs(array $params): string
    {
        $pairs = '';
        foreach ($params as $name => $value) {
            $pairs .= self::length($name) . self::length($value) . $name . $value;
        }
        return $pairs;
    }

    private static function length(string $text): string
    {
        return \strlen($text) < 128 ? \chr(\strlen($text)) : \pack('N', \strlen($text) | 1 << 31);
    }

    private static function stream(int $type, string $content): string
    {
        return self::records($type, $content) . self::record($type, '');
    }

    private static function records(int $type, string $content): string
    {
        $records = '';
        foreach (\str_split($content, self::CONTENT_BYTES_MAX) as $part) {
            $records .= self::record($type, $part);
        }
        return $records;
    }

    private static function record(int $type, string $content): string
    {
        return \pack('CCnnxx', 1, $type, 1, \strlen($content)) . $content;
    }
}
