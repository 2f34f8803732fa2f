<?php

declare(strict_types=1);

namespace Bitville\Tests;

/**
 * Runs one of the scripts in `apps/` in a PHP process of its own, with the listener or without.
 *
 * The command comes from `BITVILLE_TEST_PHP`, for a PHP that can't be started by its path alone.
 * The profiling extension is loaded if it is there and not loaded already.
 */
final class App
{
    /**
     * @param string|null $settings path of the settings file; null to leave the listener out
     * @param string|null $listener path of the file to include; null is the real one
     *
     * @return array{output: string, errors: string, exit: int}
     */
    public static function run(string $app, ?string $settings, ?string $listener = null): array
    {
        return self::execute(
            \array_merge(self::php(), ['-d', 'memory_limit=64M', __DIR__ . '/apps/' . $app . '.php']),
            self::environment($settings, $listener)
        );
    }

    /** Whether `profile = auto` finds something: on PHP 8 it passes over tideways_xhprof. */
    public static function hasProfiler(): bool
    {
        if (\PHP_MAJOR_VERSION >= 8) {
            return \strpos(self::execute(\array_merge(self::php(), ['-m']))['output'], "\nxhprof\n") !== false;
        }
        return \strpos(self::execute(\array_merge(self::php(), ['-m']))['output'], 'tideways_xhprof') !== false;
    }

    /** @return list<string> */
    public static function php(): array
    {
        static $command = null;
        if ($command === null) {
            $command = \explode(' ', \getenv('BITVILLE_TEST_PHP') ?: \PHP_BINARY);
            $extended = \array_merge($command, ['-d', 'extension=tideways_xhprof']);
            $probe = ['-d', 'display_startup_errors=0', '-r', 'echo (int) extension_loaded("tideways_xhprof");'];
            $isLoaded = self::execute(\array_merge($command, $probe))['output'] === '1';
            $canLoad = self::execute(\array_merge($extended, $probe))['output'] === '1';
            $command = !$isLoaded && $canLoad ? $extended : $command;
        }
        return $command;
    }

    /** @return array<string, string> */
    public static function environment(?string $settings, ?string $listener = null): array
    {
        $listener = $listener ?? \dirname(__DIR__) . '/listener.php';
        $included = $settings === null ? '' : $listener;
        return ['BITVILLE_SETTINGS' => (string) $settings, 'LISTENER' => $included] + \getenv();
    }

    /**
     * @param list<string>               $command
     * @param array<string, string>|null $environment
     *
     * @return array{output: string, errors: string, exit: int}
     */
    public static function execute(array $command, ?array $environment = null): array
    {
        // Files instead of pipes: two pipes read one after the other may wait for each other.
        $files = [Given::path(), Given::path()];
        $streams = [0 => ['file', '/dev/null', 'r'], 1 => ['file', $files[0], 'w'], 2 => ['file', $files[1], 'w']];
        $process = \proc_open($command, $streams, $pipes, null, $environment);
        $exit = \proc_close($process);
        return [
            'output' => (string) \file_get_contents($files[0]),
            'errors' => (string) \file_get_contents($files[1]),
            'exit' => $exit,
        ];
    }
}
