<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Deadline;
use Bitville\Settings;
use Bitville\SettingsReader;

/**
 * What tests start from: settings with a valid project, and files that vanish with the test run.
 */
final class Given
{
    /** @param array<string, string> $php keys of `[php]` that differ from the defaults */
    public static function settings(array $php = []): Settings
    {
        return SettingsReader::read(['project' => ['name' => 'shop', 'host' => 'web1'], 'php' => $php]);
    }

    /** One that never comes, by a clock that stands still. */
    public static function deadline(): Deadline
    {
        return new Deadline(new FakeClock(0), 3600 * 1000000000);
    }

    /** @param array<string, string> $php */
    public static function settingsFile(array $php): string
    {
        $text = "[project]\nname = shop\nhost = web1\n\n[php]\n";
        // Nothing that this machine may have: a test that wants one of these says so.
        foreach ($php + ['cli' => 'on', 'udp' => '', 'spool_dir' => ''] as $key => $value) {
            $text .= $key . ' = ' . $value . "\n";
        }
        return self::file($text);
    }

    public static function file(string $text): string
    {
        $path = self::path();
        \file_put_contents($path, $text);
        return $path;
    }

    public static function folder(): string
    {
        $path = self::path();
        \mkdir($path, 0700);
        return $path;
    }

    /** A new path in a folder of this process; short enough for a socket. */
    public static function path(): string
    {
        static $folder = null;
        static $count = 0;
        if ($folder === null) {
            $folder = \sys_get_temp_dir() . '/bitville-' . \bin2hex(\random_bytes(6));
            \mkdir($folder, 0700);
            \register_shutdown_function([self::class, 'remove'], $folder);
        }
        return $folder . '/' . ++$count;
    }

    /**
     * A fatal error of the tests runs no destructors, and would leave a server behind.
     *
     * @param resource $process of `proc_open`
     */
    public static function endsWithUs($process): void
    {
        \register_shutdown_function(static function () use ($process): void {
            if (\is_resource($process)) {
                \proc_terminate($process, 15);
            }
        });
    }

    /** @internal */
    public static function remove(string $path): void
    {
        if (!\is_dir($path) || \is_link($path)) {
            \unlink($path);
            return;
        }
        foreach (\array_diff(\scandir($path) ?: [], ['.', '..']) as $name) {
            self::remove($path . '/' . $name);
        }
        \rmdir($path);
    }

    public static function testdata(string $name): string
    {
        return \dirname(__DIR__, 2) . '/wire/testdata/' . $name;
    }
}
