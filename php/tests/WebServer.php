<?php

declare(strict_types=1);

namespace Bitville\Tests;

/**
 * PHP's own web server with one of the scripts in `apps/`: requests with a method, headers and
 * variables that came over a wire.
 */
final class WebServer
{
    private string $address;

    /** @var resource */
    private $process;

    /** @var resource */
    private $log;

    public function __construct(string $app, ?string $settings)
    {
        // A port that was free a moment ago; the server can't be asked for "any".
        $probe = \stream_socket_server('tcp://127.0.0.1:0');
        $this->address = \stream_socket_get_name($probe, false);
        \fclose($probe);
        $command = \array_merge(App::php(), ['-S', $this->address, __DIR__ . '/apps/' . $app . '.php']);
        $streams = [0 => ['file', '/dev/null', 'r'], 1 => ['file', '/dev/null', 'w'], 2 => ['pipe', 'w']];
        $this->process = \proc_open($command, $streams, $pipes, null, App::environment($settings));
        $this->log = $pipes[2];
        do {
            $line = \fgets($this->log);
        } while ($line !== false && \strpos($line, 'started') === false);
        if ($line === false) {
            throw new \RuntimeException('the web server did not start on ' . $this->address);
        }
    }

    public function __destruct()
    {
        \proc_terminate($this->process, 9);
        \fclose($this->log);
        \proc_close($this->process);
    }

    /**
     * @param list<string> $headers
     *
     * @return string the whole response but for its date and the port
     */
    public function request(string $method, string $url, array $headers = [], string $body = ''): string
    {
        $connection = \stream_socket_client('tcp://' . $this->address);
        $head = \array_merge(
            [$method . ' ' . $url . ' HTTP/1.1', 'Host: shop.test', 'Connection: close'],
            ['Content-Length: ' . \strlen($body)],
            $headers
        );
        \fwrite($connection, \implode("\r\n", $head) . "\r\n\r\n" . $body);
        $response = (string) \stream_get_contents($connection);
        \fclose($connection);
        return (string) \preg_replace('/^Date: .*\r\n/m', '', $response);
    }
}
