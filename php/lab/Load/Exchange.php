<?php
/**
 * One HTTP request and its answer on a socket that never blocks; the driver calls when the socket
 * is ready. The answer's body is read and forgotten.
 */

declare(strict_types=1);

namespace Load;

final class Exchange
{
    /** Address and name of a crawler. */
    public const CRAWLER = ['127.0.0.9', 'GreedyBot/1.0'];

    private const CUSTOMER = ['127.0.0.1', 'bitville-lab'];
    private const CONNECT_S = 5.0;
    /** Longer than any spike; whoever waits so long counts as failed. */
    private const ANSWER_S = 180.0;
    private const READ_BYTES = 65536;

    /** @var string the route for the tally: "POST /checkout" */
    public $route;
    /** @var float */
    public $startedAt;
    /** @var int|null HTTP status, null while there is none */
    public $status;
    /** @var resource|null */
    private $socket;
    /** @var string */
    private $unsent;
    /** @var string */
    private $head = '';

    /**
     * @param array{string, string} $sender
     */
    public function __construct(
        string $address,
        string $method,
        string $path,
        string $body,
        string $session,
        array $sender = self::CUSTOMER
    ) {
        $this->route = $method . ' ' . preg_replace('#/\d+$#', '/{}', (string) strtok($path, '?'));
        $this->startedAt = microtime(true);
        $this->unsent = "$method $path HTTP/1.1\r\nHost: $address\r\nUser-Agent: $sender[1]\r\n"
            . "Cookie: shop_session=$session\r\nConnection: close\r\n"
            . ($method === 'POST'
                ? "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " . strlen($body) . "\r\n"
                : '')
            . "\r\n" . $body;
        $socket = @stream_socket_client(
            'tcp://' . $address,
            $code,
            $message,
            self::CONNECT_S,
            STREAM_CLIENT_CONNECT | STREAM_CLIENT_ASYNC_CONNECT,
            stream_context_create(['socket' => ['bindto' => $sender[0] . ':0']])
        );
        if ($socket !== false) {
            stream_set_blocking($socket, false);
            $this->socket = $socket;
        }
    }

    /**
     * @return resource|null null when the exchange is over
     */
    public function socket()
    {
        return $this->socket;
    }

    public function wantsToWrite(): bool
    {
        return $this->unsent !== '';
    }

    public function write(): void
    {
        $written = @fwrite($this->socket, $this->unsent);
        if ($written === false) {
            $this->close();
        } else {
            $this->unsent = (string) substr($this->unsent, $written);
        }
    }

    public function read(): void
    {
        $bytes = @fread($this->socket, self::READ_BYTES);
        if ($bytes !== false && strlen($this->head) < 16) {
            $this->head .= substr($bytes, 0, 16);
        }
        if ($bytes === false || ($bytes === '' && feof($this->socket))) {
            if (preg_match('#^HTTP/1\.[01] (\d{3})#', $this->head, $matches) === 1) {
                $this->status = (int) $matches[1];
            }
            $this->close();
        }
    }

    public function giveUpIfLate(float $now): void
    {
        if ($now - $this->startedAt > self::ANSWER_S) {
            $this->close();
        }
    }

    private function close(): void
    {
        if ($this->socket !== null) {
            fclose($this->socket);
            $this->socket = null;
        }
    }
}
