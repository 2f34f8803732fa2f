<?php

declare(strict_types=1);

namespace Bitville\Tests;

use PHPUnit\Framework\TestCase;

/** `check.php` as an operator runs it. */
final class CheckTest extends TestCase
{
    public function testAllIsWell(): void
    {
        $peer = new Peer(Peer::ACKS);
        $udp = new Udp();
        $settings = Given::settingsFile([
            'socket' => $peer->path, 'udp' => $udp->address, 'spool_dir' => Given::folder(), 'profile' => 'tideways_xhprof',
        ]);
        $ran = self::check(['--settings', $settings]);

        self::assertSame('', $ran['errors']);
        self::assertStringContainsString('project "shop", host "web1", requests over 500ms', $ran['output']);
        self::assertStringContainsString('  ok       it accepts connections', $ran['output']);
        self::assertStringContainsString('  ok       somebody listens', $ran['output']);
        self::assertStringContainsString('  ok       0 of 256 places are taken', $ran['output']);
        self::assertStringContainsString('  ok       tideways_xhprof', $ran['output']);
        self::assertStringEndsWith("\nall is well\n", $ran['output']);
        self::assertSame(0, $ran['exit']);
        self::assertSame('', (string) $udp->datagram());
    }

    public function testEachThingThatIsWrongIsToldWithWhatToDo(): void
    {
        $key = Given::file("a key of 20 bytes ..\n");
        \chmod($key, 0644);
        $settings = Given::settingsFile([
            'socket' => Given::path(), 'udp' => '127.0.0.1:9', 'spool_dir' => Given::path(), 'sql_queries_max' => 'many',
            'profile' => 'xhprof', 'trigger_key_file' => $key, 'colour' => 'red',
        ]);
        $ran = self::check(['--settings', $settings]);

        self::assertSame([1, ''], [$ran['exit'], $ran['errors']]);
        foreach ([
            '[php] sql_queries_max: ', 'got "many"', '[php] colour: unknown key', 'it is not there', 'nobody listens',
            'it is missing, or not writable', 'none of its extensions is loaded', 'it holds no key that can be used',
        ] as $finding) {
            self::assertStringContainsString($finding, $ran['output']);
        }
        self::assertStringEndsWith("\n7 problems\n", $ran['output']);
    }

    public function testWithoutSettingsItSaysSo(): void
    {
        foreach ([Given::path(), Given::folder(), Given::file(''), Given::file(\random_bytes(1000))] as $settings) {
            $ran = self::check(['--settings', $settings]);
            self::assertSame(['', 1], [$ran['errors'], $ran['exit']]);
            self::assertStringContainsString('PROBLEM', $ran['output']);
        }
    }

    public function testATriggerIsMade(): void
    {
        $key = Given::file("a key of 20 bytes ..\n");
        \chmod($key, 0600);
        $settings = Given::settingsFile(['trigger_key_file' => $key]);
        $ran = self::check(['--settings', $settings, 'trigger', '10m']);

        self::assertSame([0, ''], [$ran['exit'], $ran['errors']]);
        $pattern = '/^X-Bitville-Capture: (\d+\.[0-9a-f]{64})\nCookie: bitville_capture=\1\n$/D';
        self::assertMatchesRegularExpression($pattern, $ran['output']);
    }

    public function testWhatIsNoTriggerIsRefused(): void
    {
        $settings = Given::settingsFile([]);
        self::assertSame(1, self::check(['--settings', $settings, 'trigger', '10m'])['exit']);
        foreach ([['trigger'], ['trigger', 'soon'], ['trigger', '0s'], ['trigger', '1m', 'x'], ['--help']] as $arguments) {
            $ran = self::check(\array_merge(['--settings', $settings], $arguments));
            self::assertSame([64, ''], [$ran['exit'], $ran['output']]);
            self::assertStringContainsString('usage: ', $ran['errors']);
        }
    }

    /**
     * @param list<string> $arguments
     *
     * @return array{output: string, errors: string, exit: int}
     */
    private static function check(array $arguments): array
    {
        return App::execute(\array_merge(App::php(), [\dirname(__DIR__) . '/check.php'], $arguments));
    }
}
