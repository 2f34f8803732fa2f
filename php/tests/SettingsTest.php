<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Settings;
use Bitville\Silence;
use PHPUnit\Framework\TestCase;

/**
 * What the operator wrote, and what a mistake in it costs: its own feature, never the application. That
 * the text is read like in Rust is in HumanTest.
 */
final class SettingsTest extends TestCase
{
    public function testANameIsEnoughForTheDefaults(): void
    {
        $settings = new Settings(['project' => ['name' => 'shop']]);

        self::assertTrue($settings->enabled);
        self::assertSame('shop', $settings->project);
        self::assertSame(\gethostname(), $settings->host);
        self::assertSame(500000, $settings->thresholdUs);
        self::assertSame(50000, $settings->budgetUs);
        self::assertSame(8192, $settings->sqlStatementMaxBytes);
        self::assertSame('/run/bitville/collector.sock', $settings->socket);
        self::assertSame('auto', $settings->profile);
        self::assertFalse($settings->profileCpu);
        self::assertFalse($settings->queryValues);
        self::assertFalse($settings->cli);
        self::assertSame('', $settings->traceFile);
    }

    public function testEveryKeyIsRead(): void
    {
        $settings = Given::settings([
            'threshold' => '1s', 'profile' => 'xhprof', 'profile_builtins' => 'off', 'profile_memory' => 'yes',
            'profile_cpu' => '1', 'edges_max' => '100', 'sql' => 'no', 'sql_queries_max' => '10',
            'sql_statement_max' => '1KiB', 'sql_caller_threshold' => '20ms', 'sql_callers_max' => '5',
            'headers' => 'off', 'variables' => 'false', 'query_values' => 'TRUE', 'memory' => '0',
            'correlation' => 'off', 'response_header' => 'on', 'errors' => 'off', 'socket' => '/tmp/s',
            'budget' => '10ms', 'cli' => 'on', 'trace_file' => '/tmp/t',
        ]);

        $read = \array_intersect_key(\get_object_vars($settings), \get_class_vars(Settings::class));
        self::assertSame([
            'enabled' => true, 'project' => 'shop', 'host' => 'web1', 'thresholdUs' => 1000000, 'errors' => false,
            'profile' => 'xhprof', 'profileBuiltins' => false, 'profileMemory' => true, 'profileCpu' => true,
            'edgesMax' => 100, 'sql' => false, 'sqlQueriesMax' => 10, 'sqlStatementMaxBytes' => 1024,
            'sqlCallerThresholdUs' => 20000, 'sqlCallersMax' => 5, 'headers' => false, 'variables' => false,
            'queryValues' => true, 'memory' => false, 'correlation' => false, 'responseHeader' => true,
            'socket' => '/tmp/s', 'budgetUs' => 10000, 'cli' => true, 'traceFile' => '/tmp/t',
        ], $read);
    }

    /** @dataProvider mistakes */
    public function testAMistakeSwitchesItsOwnFeatureOff(string $key, string $value, string $property, $off): void
    {
        $allOn = Given::settings(['query_values' => 'on', 'profile_cpu' => 'on', 'cli' => 'on']);
        self::assertNotSame($off, $allOn->$property);
        self::assertSame($off, Given::settings([$key => $value])->$property);
    }

    /** @return iterable<string, array{0: string, 1: string, 2: string, 3: mixed}> */
    public function mistakes(): iterable
    {
        yield 'a threshold without a unit' => ['threshold', '500', 'enabled', false];
        yield 'a threshold that is no duration' => ['threshold', 'soon', 'enabled', false];
        yield 'no budget at all' => ['budget', '0ms', 'enabled', false];
        yield 'a budget of minutes' => ['budget', '5m', 'enabled', false];
        yield 'a relative socket' => ['socket', 'collector.sock', 'enabled', false];
        yield 'a socket that no address holds' => ['socket', '/' . \str_repeat('x', 107), 'enabled', false];
        yield 'a switch that says perhaps' => ['enabled', 'perhaps', 'enabled', false];
        yield 'an unknown engine' => ['profile', 'excimer', 'profile', 'off'];
        yield 'more edges than can be folded in time' => ['edges_max', '1000000', 'profile', 'off'];
        yield 'a CPU switch that says perhaps' => ['profile_cpu', 'perhaps', 'profileCpu', false];
        yield 'a negative number of queries' => ['sql_queries_max', '-1', 'sql', false];
        yield 'a statement of gigabytes' => ['sql_statement_max', '4GiB', 'sql', false];
        yield 'a caller threshold of nothing' => ['sql_caller_threshold', '', 'sql', false];
        yield 'values that are maybe shown' => ['query_values', 'maybe', 'queryValues', false];
        yield 'a CLI switch that says perhaps' => ['cli', 'perhaps', 'cli', false];
    }

    /** @dataProvider projects */
    public function testWithoutAProjectAllIsOff(array $sections): void
    {
        self::assertFalse((new Settings($sections))->enabled);
    }

    /** @return iterable<string, array{0: array<mixed>}> */
    public function projects(): iterable
    {
        yield 'nothing' => [[]];
        yield 'an empty name' => [['project' => ['name' => '']]];
        yield 'a name the store would refuse' => [['project' => ['name' => 'shop!']]];
        yield 'a name with a newline' => [['project' => ['name' => "shop\n"]]];
        yield 'a list of names' => [['project' => ['name' => ['shop']]]];
        yield 'a key instead of the section' => [['project' => 'shop']];
        yield 'a host with a control character' => [['project' => ['name' => 'shop', 'host' => "a\x07"]]];
    }

    /** @dataProvider files */
    public function testAFileThatIsNoSettingsFileSwitchesAllOff(string $path): void
    {
        $settings = null;
        Silence::during(static function () use ($path, &$settings): void {
            $settings = Settings::load($path);
        });
        self::assertFalse($settings->enabled);
    }

    /** @return iterable<string, array{0: string}> */
    public function files(): iterable
    {
        yield 'missing' => ['/no/such/file'];
        yield 'a folder' => [__DIR__];
        yield 'a device' => ['/dev/null'];
        yield 'garbage' => [Given::file(\random_bytes(4096))];
        yield 'half a section' => [Given::file("[project\nname = shop\n")];
    }
}
