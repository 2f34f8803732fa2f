<?php

declare(strict_types=1);

namespace Bitville\Tests;

use PHPUnit\Framework\TestCase;

/**
 * Do no harm: whatever the application does and whatever is wrong with the collector or the
 * installation, the application's output, errors and exit code are byte for byte what they are
 * without the listener. That something was captured, or not, is told by the trace file.
 */
final class HarmlessTest extends TestCase
{
    /** @var array<string, array{output: string, errors: string, exit: int}> */
    private static array $undisturbed = [];

    /** @dataProvider situations */
    public function testTheApplicationIsWhatItIsWithoutTheListener(string $app, ?string $manner, string $outcome): void
    {
        $peer = $manner === null ? null : new Peer($manner);
        $trace = Given::path();
        $settings = ['socket' => $peer === null ? Given::path() : $peer->path];
        $ran = App::run($app, self::settings($settings, $trace));

        self::assertSame(self::undisturbed($app), $ran);
        self::assertMatchesRegularExpression('/ ' . $outcome . ' \d+ \d+$/', self::traced($trace));
    }

    /** @return iterable<string, array{0: string, 1: ?string, 2: string}> */
    public function situations(): iterable
    {
        $manners = [
            'a healthy collector' => [Peer::ACKS, 'acked'],
            'a collector that refuses' => [Peer::REFUSES, 'refused'],
            'no collector' => [null, 'skipped:connect'],
            'a collector that never reads' => [Peer::NEVER_READS, 'skipped:budget_answer'],
            'a collector that never answers' => [Peer::NEVER_ANSWERS, 'skipped:budget_answer'],
            'a collector that hangs up' => [Peer::HANGS_UP, 'skipped:(answer|write)'],
            'a collector that babbles' => [Peer::BABBLES, 'skipped:answer'],
        ];
        foreach (['hello', 'fatal', 'exits', 'handlers', 'own_profile', 'twice'] as $app) {
            foreach ($manners as $name => [$manner, $outcome]) {
                yield $app . ' with ' . $name => [$app, $manner, $outcome];
            }
        }
    }

    /** @dataProvider installations */
    public function testABrokenInstallationIsSilent(callable $break): void
    {
        $trace = Given::path();
        [$settings, $listener] = $break($trace);
        foreach (['hello', 'fatal', 'handlers'] as $app) {
            self::assertSame(self::undisturbed($app), App::run($app, $settings, $listener));
        }
        self::assertFileDoesNotExist($trace);
    }

    /** @return iterable<string, array{0: callable(string): array{0: string, 1: ?string}}> */
    public function installations(): iterable
    {
        yield 'no settings file' => [static function (): array {
            return ['/no/such/file', null];
        }];
        yield 'garbage for settings' => [static function (): array {
            return [Given::file(\random_bytes(10000)), null];
        }];
        yield 'settings for nobody' => [static function (string $trace): array {
            return [Given::file("[php]\ncli = on\nthreshold = 0ms\ntrace_file = " . $trace . "\n"), null];
        }];
        yield 'switched off' => [static function (string $trace): array {
            return [self::settings(['enabled' => 'off'], $trace), null];
        }];
        yield 'not for the command line' => [static function (string $trace): array {
            return [self::settings(['cli' => 'off'], $trace), null];
        }];
        yield 'one file missing' => [static function (string $trace): array {
            return [self::settings([], $trace), self::copyWith('/src/Frame.php', null)];
        }];
        yield 'one file half written' => [static function (string $trace): array {
            $half = '<?php final class Queries { public';
            return [self::settings([], $trace), self::copyWith('/src/Queries.php', $half)];
        }];
    }

    /**
     * @testWith ["out_of_memory"]
     *           ["out_of_memory_at_once"]
     */
    public function testOutOfMemoryIsToldAndThePageIsAsItWouldBe(string $app): void
    {
        $peer = new Peer(Peer::ACKS);
        $trace = Given::path();
        $ran = App::run($app, self::settings(['socket' => $peer->path, 'threshold' => '1h'], $trace));

        self::assertSame(self::undisturbed($app), $ran);
        self::assertStringContainsString(' error acked ', self::traced($trace));
        self::assertStringContainsString('Allowed memory size', $peer->record()['body']['error']['message']);
    }

    public function testNearTheMemoryLimitTheLargePartsAreLeftOutAndNamed(): void
    {
        $peer = new Peer(Peer::ACKS);
        $ran = App::run('much_memory', self::settings(['socket' => $peer->path], Given::path()));
        $body = $peer->record()['body'];

        self::assertSame(self::undisturbed('much_memory'), $ran);
        self::assertSame(['profile, queries, variables: too near to memory_limit'], $body['listener']['skipped']);
        self::assertNull($body['profile']);
        self::assertNull($body['variables']);
    }

    public function testAFastRequestIsNotCaptured(): void
    {
        $trace = Given::path();
        $ran = App::run('hello', self::settings(['threshold' => '1h'], $trace));

        self::assertSame(self::undisturbed('hello'), $ran);
        self::assertFileDoesNotExist($trace);
    }

    /** @return array{output: string, errors: string, exit: int} */
    private static function undisturbed(string $app): array
    {
        return self::$undisturbed[$app] = self::$undisturbed[$app] ?? App::run($app, null);
    }

    /** @param array<string, string> $php */
    private static function settings(array $php, string $trace): string
    {
        return Given::settingsFile($php + ['threshold' => '0ms', 'trace_file' => $trace]);
    }

    private static function traced(string $trace): string
    {
        $lines = \explode("\n", \rtrim((string) \file_get_contents($trace)));
        self::assertCount(1, $lines);
        return $lines[0];
    }

    /** A copy of the listener in which one file is another, or missing. */
    private static function copyWith(string $changed, ?string $text): string
    {
        $folder = Given::folder();
        \mkdir($folder . '/src');
        foreach (\array_merge(['/listener.php'], self::sources()) as $file) {
            if ($file !== $changed) {
                \copy(\dirname(__DIR__) . $file, $folder . $file);
            } elseif ($text !== null) {
                \file_put_contents($folder . $file, $text);
            }
        }
        return $folder . '/listener.php';
    }

    /** @return list<string> */
    private static function sources(): array
    {
        return \array_map(static function (string $path): string {
            return '/src/' . \basename($path);
        }, \glob(\dirname(__DIR__) . '/src/*.php') ?: []);
    }
}
