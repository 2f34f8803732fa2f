<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Settings;
use Bitville\SettingsReader;
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
        $settings = SettingsReader::read(['project' => ['name' => 'shop']]);

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

    /** No key keeps its default, so one that is not read shows. */
    public function testEveryKeyIsRead(): void
    {
        $given = [
            'cli' => 'on', 'threshold' => '1s', 'errors' => 'off', 'capture_one_in' => '1000', 'trigger_key_file' => '/k',
            'profile' => 'xhprof', 'profile_one_in' => '10', 'profile_urls' => '/cart/* /', 'profile_urls_except' => '/x',
            'profile_builtins' => 'off', 'profile_memory' => 'yes', 'profile_cpu' => '1',
            'profile_ignore' => 'call_user_func, array_map', 'profile_period' => '5ms', 'edges_max' => '100',
            'sql' => 'off', 'sql_attach' => 'off', 'sql_queries_max' => '10', 'sql_repeats_max' => '3',
            'sql_statement_max' => '1KiB', 'sql_caller_threshold' => '20ms', 'sql_callers_max' => '5',
            'sql_literals' => 'on', 'sql_values' => 'on', 'route' => 'off', 'headers' => 'off', 'variables' => 'false',
            'query_values' => 'TRUE', 'session' => 'off', 'memory' => '0', 'runtime' => 'no', 'correlation' => 'on',
            'application_name' => 'set_config', 'trusted_proxies' => '10.0.0.0/8 ::1', 'response_header' => 'on',
            'stats' => 'off', 'socket' => '/tmp/s', 'udp' => '127.0.0.1:9', 'udp_records' => 'off',
            'spool_dir' => '/tmp/p', 'spool_max' => '64MiB', 'budget' => '10ms', 'breaker_failures' => '3',
            'breaker_cooldown' => '1m', 'trace_file' => '/tmp/t',
        ];
        [$settings, $mistakes] = SettingsReader::judge(['project' => ['name' => 'shop', 'host' => 'web1'], 'php' => $given]);
        $default = \get_object_vars(SettingsReader::read(['project' => ['name' => 'other', 'host' => 'web2']]));

        self::assertSame([], $mistakes);
        foreach (\get_object_vars($settings) as $property => $value) {
            // Without these nothing else of theirs would be read.
            if (!\in_array($property, ['enabled', 'correlation'], true)) {
                self::assertNotSame($default[$property], $value, $property);
            }
        }
        self::assertSame('~^(?:/cart/.*|/)$~Ds', $settings->profileUrls);
        self::assertSame(['call_user_func', 'array_map'], $settings->profileIgnore);
        self::assertSame(['10.0.0.0/8', '::1'], $settings->trustedProxies);
        self::assertSame([1000000, 10000, 60000000], [$settings->thresholdUs, $settings->budgetUs, $settings->breakerCooldownUs]);
    }

    public function testTheTemplateHasEveryKeyWithItsDefault(): void
    {
        $template = Settings::sections(\dirname(__DIR__, 2) . '/config/settings.ini');
        [$settings, $mistakes] = SettingsReader::judge($template);
        $bare = SettingsReader::read(['project' => ['name' => 'shop']]);

        self::assertSame([], $mistakes);
        self::assertEquals($bare, $settings);
        self::assertSame([], \array_diff(SettingsReader::keys(), \array_keys($template['php'])));
    }

    public function testAMistakeIsToldWithWhatIsAllowed(): void
    {
        [, $mistakes] = SettingsReader::judge([
            'project' => ['name' => 'shop!'],
            'php' => ['threshold' => '500', 'budget' => '5m', 'treshold' => '1s', 'profile' => ['x']],
        ]);

        self::assertSame('1 to 64 of A-Z a-z 0-9 . _ and - is allowed, got "shop!"', $mistakes['[project] name']);
        self::assertSame('0us to 1d is allowed, got "500"', $mistakes['[php] threshold']);
        self::assertSame('1ms to 1s is allowed, got "5m"', $mistakes['[php] budget']);
        self::assertSame('a text is allowed, got a list', $mistakes['[php] profile']);
        self::assertSame('unknown key; the most similar one is threshold', $mistakes['[php] treshold']);
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
        yield 'an unknown engine' => ['profile', 'xdebug', 'profile', 'off'];
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
        self::assertFalse(SettingsReader::read($sections)->enabled);
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
