<?php
/**
 * A PostgreSQL 15 of the tests' own, on a unix socket in a temporary folder: no port, no password,
 * gone at the end. Needs root, because PostgreSQL refuses to run as root and so needs a user to
 * become; without it, or without PostgreSQL, there is none and the tests say so.
 */

declare(strict_types=1);

namespace Bitville\Tests;

final class Cluster
{
    private const BIN = '/usr/lib/postgresql/15/bin/';

    /** @var string|null the folder with the socket, null if there can't be one */
    private static $folder;
    /** @var bool */
    private static $tried = false;

    /**
     * @return string|null the folder of the socket: libpq takes it as a host
     */
    public static function host(): ?string
    {
        if (!self::$tried) {
            self::$tried = true;
            self::$folder = posix_geteuid() === 0 && is_executable(self::BIN . 'initdb') ? self::start() : null;
        }

        return self::$folder;
    }

    private static function start(): string
    {
        $folder = sys_get_temp_dir() . '/bitville-shop-' . bin2hex(random_bytes(4));
        mkdir($folder, 0700);
        chown($folder, 'postgres');
        self::run('initdb', '-D', $folder . '/data', '-U', 'postgres', '--auth=trust', '--no-sync');
        register_shutdown_function(static function () use ($folder): void {
            self::run('pg_ctl', '-D', $folder . '/data', '-m', 'immediate', '-w', 'stop');
            exec('rm -rf ' . escapeshellarg($folder));
        });
        $options = "-c listen_addresses='' -c fsync=off -c unix_socket_directories=" . $folder;
        self::run('pg_ctl', '-D', $folder . '/data', '-l', $folder . '/log', '-w', '-t', '60', '-o', $options, 'start');

        return $folder;
    }

    private static function run(string $program, string ...$arguments): void
    {
        $words = array_merge(
            ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', self::BIN . $program],
            $arguments
        );
        exec('cd / && ' . implode(' ', array_map('escapeshellarg', $words)) . ' 2>&1 </dev/null', $output, $status);
        if ($status !== 0) {
            throw new \RuntimeException($program . ' failed: ' . implode("\n", $output));
        }
    }
}
