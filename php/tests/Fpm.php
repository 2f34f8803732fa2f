<?php

declare(strict_types=1);

namespace Bitville\Tests;

/**
 * A PHP-FPM of its own with one pool, which runs scripts by their path: what a site has.
 *
 * The command comes from `BITVILLE_TEST_FPM`, for an FPM that can't be started by its path alone.
 */
final class Fpm
{
    /** What Debian's FPM says last of its start, under systemd or not. */
    private const LAST_LINE = 'systemd monitor interval set';

    /** @var resource */
    private $process;

    private string $socket;

    private string $log;

    private FastCgi $client;

    /**
     * @param list<string>          $extensions  to load beside those that are built in
     * @param array<string, string> $ini         as `-d` takes them
     * @param array<string, string> $environment of the workers
     */
    public function __construct(
        array $extensions,
        array $ini = [],
        array $environment = [],
        int $workers = 1,
        string $user = 'root'
    ) {
        $this->socket = Given::path();
        $this->log = Given::file('');
        $pool = "[global]\ndaemonize = no\nerror_log = {$this->log}\n[test]\nlisten = {$this->socket}\n"
            . "user = $user\npm = static\npm.max_children = $workers\nclear_env = yes\n"
            . "pm.status_path = /status\ncatch_workers_output = yes\n";
        foreach ($environment as $name => $value) {
            $pool .= "env[$name] = $value\n";
        }
        $command = \array_merge(self::command(), ['-y', Given::file($pool), '-R']);
        foreach ($extensions as $extension) {
            $isZend = \in_array($extension, ['opcache', 'xdebug'], true);
            \array_push($command, '-d', ($isZend ? 'zend_extension=' : 'extension=') . $extension);
        }
        // Files that a test has just written are to be cached as well.
        foreach ($ini + ['opcache.file_update_protection' => '0', 'html_errors' => '0'] as $key => $value) {
            \array_push($command, '-d', $key . '=' . $value);
        }
        $nowhere = [0 => ['file', '/dev/null', 'r'], 1 => ['file', $this->log, 'a'], 2 => ['file', $this->log, 'a']];
        $this->process = \proc_open($command, $nowhere, $pipes);
        Given::endsWithUs($this->process);
        $this->awaitReady();
        $this->client = new FastCgi($this->socket);
    }

    public function __destruct()
    {
        // The process is the loader in front of it, which has become FPM's master.
        \proc_terminate($this->process, 15);
        \proc_close($this->process);
    }

    public static function isPossible(): bool
    {
        return self::command() !== [];
    }

    /** A connection of its own, for requests at the same time. */
    public function client(): FastCgi
    {
        return new FastCgi($this->socket);
    }

    /**
     * @param array<string, string> $params
     *
     * @return array{output: string, errors: string}
     */
    public function request(string $script, array $params = [], string $body = ''): array
    {
        return $this->client->request(self::params($script, $params), $body);
    }

    /**
     * @param array<string, string> $params
     *
     * @return array<string, string>
     */
    public static function params(string $script, array $params = []): array
    {
        return $params + [
            'SCRIPT_FILENAME' => $script, 'SCRIPT_NAME' => '/index.php', 'REQUEST_URI' => '/cart/17?sku=9',
            'QUERY_STRING' => 'sku=9', 'REMOTE_ADDR' => '127.0.0.1', 'HTTP_HOST' => 'shop.test',
            'SERVER_PROTOCOL' => 'HTTP/1.1', 'CONTENT_TYPE' => 'application/x-www-form-urlencoded',
        ];
    }

    /** Processor time that the workers have used, as the kernel counts it. */
    public function workersNs(): int
    {
        $master = \proc_get_status($this->process)['pid'];
        $sumNs = 0;
        foreach (\explode(' ', \trim((string) \file_get_contents("/proc/$master/task/$master/children"))) as $worker) {
            $sumNs += (int) \file_get_contents("/proc/$worker/schedstat");
        }
        return $sumNs;
    }

    public function socket(): string
    {
        return $this->socket;
    }

    /** What FPM and PHP have logged so far. */
    public function log(): string
    {
        return (string) \file_get_contents($this->log);
    }

    private function awaitReady(): void
    {
        // The socket is there before it listens, and a connection is made as soon as it does. Only then it
        // writes its last lines about the start, which a test would else take for lines about its requests.
        for ($tries = 0; $tries < 3000; $tries++) {
            $connection = @\stream_socket_client('unix://' . $this->socket);
            if ($connection !== false) {
                \fclose($connection);
                if (\strpos($this->log(), self::LAST_LINE) !== false) {
                    return;
                }
            }
            \usleep(10000);
        }
        throw new \RuntimeException('php-fpm did not start: ' . $this->log());
    }

    /** @return list<string> */
    private static function command(): array
    {
        return \array_values(\array_filter(\explode(' ', (string) \getenv('BITVILLE_TEST_FPM'))));
    }
}
