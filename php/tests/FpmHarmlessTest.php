<?php

declare(strict_types=1);

namespace Bitville\Tests;

use PHPUnit\Framework\TestCase;

/**
 * Do no harm, where it counts: in the workers of a real PHP-FPM with opcache. Every application is
 * asked with and without the listener, in every condition that the collector, the spool folder and the
 * settings may be in; headers, body and what FPM logged must be byte for byte the same.
 */
final class FpmHarmlessTest extends TestCase
{
    /** Each of them asked in each condition. */
    private const APPS = [
        'hello', 'fatal', 'exits', 'exits_late', 'handlers', 'destructor_throws', 'buffers', 'twice', 'web',
        'own_profile', 'much_memory', 'out_of_memory', 'out_of_memory_at_once',
    ];

    private const INI = ['memory_limit' => '64M', 'post_max_size' => '200M', 'upload_max_filesize' => '200M'];

    private static ?Fpm $fpm = null;

    /** @var array<string, array{output: string, errors: string}> */
    private static array $undisturbed = [];

    public static function tearDownAfterClass(): void
    {
        self::$fpm = null;
        self::$undisturbed = [];
    }

    protected function setUp(): void
    {
        if (!Fpm::isPossible()) {
            self::markTestSkipped('no php-fpm: set BITVILLE_TEST_FPM to the command that starts one');
        }
        self::$fpm = self::$fpm ?? new Fpm(['tideways_xhprof', 'excimer'], self::INI);
    }

    /** It crashes the worker that asks, while another one begins or ends; that is too rare to be tried. */
    public function testFpmIsNeverAskedForItsStatus(): void
    {
        $sources = (array) \glob(\dirname(__DIR__) . '/src/*.php');
        self::assertNotEmpty($sources);
        foreach ($sources as $source) {
            foreach (\token_get_all((string) \file_get_contents((string) $source)) as $token) {
                $isComment = \is_array($token) && \in_array($token[0], [\T_COMMENT, \T_DOC_COMMENT], true);
                $text = \is_array($token) && !$isComment ? $token[1] : '';
                self::assertStringNotContainsString('fpm_get_status', $text, (string) $source);
            }
        }
    }

    /** @dataProvider collectors */
    public function testWhateverTheCollectorDoes(callable $collector, string $outcome): void
    {
        // The second is whatever has to live as long as the test.
        [$settings, $held] = $collector();
        $this->assertNoApplicationNotices($settings, $outcome);
        unset($held);
    }

    /** @return array<string, array{0: callable, 1: string}> */
    public function collectors(): array
    {
        return Conditions::collectors();
    }

    /** What PHP needs to call a function is kept in blocks of 64 KiB, and how full the last one is depends on all before. */
    public function testOutOfMemoryIsToldHoweverManyFunctionsTheApplicationHasCalled(): void
    {
        foreach (['healthy', 'absent, with a port where nobody listens'] as $name) {
            [$collector, $outcome] = $this->collectors()[$name];
            [$settings, $held] = $collector();
            // A site's first request has the listener's files compiled, for which there would be no room.
            $this->assertOneIsNotNoticed('hello', $settings, $outcome);
            for ($functions = 0; $functions < 300; $functions += 60) {
                $request = ['FUNCTIONS' => (string) $functions];
                $this->assertOneIsNotNoticed('out_of_memory', $settings, $outcome, $request);
            }
            unset($held);
        }
    }

    /** Excimer looks at the stack as a function of ours begins, and has to find room for what it notes. */
    public function testOutOfMemoryIsToldWhileTheStackIsLookedAt(): void
    {
        $peer = new Peer(Peer::ACKS);
        foreach (['off', 'excimer'] as $engine) {
            $settings = ['socket' => $peer->path, 'budget' => '1s', 'profile' => $engine, 'profile_period' => '1ms'];
            $this->assertOneIsNotNoticed('hello', $settings, 'acked');
            for ($round = 0; $round < 10; $round++) {
                $this->assertOneIsNotNoticed('out_of_memory', $settings, 'acked', ['WATCHED' => '1']);
            }
        }
    }

    /** @dataProvider spools */
    public function testWhateverTheSpoolFolderIs(callable $spool, string $outcome): void
    {
        // Time enough on a machine that is busy with other things: this is about the folder.
        $this->assertNoApplicationNotices($spool()[0] + ['budget' => '1s'], $outcome);
    }

    /** @return array<string, array{0: callable, 1: string}> */
    public function spools(): array
    {
        return Conditions::spools();
    }

    /** @dataProvider installations */
    public function testWhateverTheSettingsAre(callable $settings): void
    {
        foreach (self::APPS as $app) {
            $ran = self::ask($app, ['BITVILLE_SETTINGS' => $settings()] + self::listener());
            self::assertSame(self::undisturbed($app), $ran, $app);
        }
    }

    /** @return iterable<string, array{0: callable(): string}> */
    public function installations(): iterable
    {
        yield 'missing' => [[Given::class, 'path']];
        yield 'a folder' => [[Given::class, 'folder']];
        yield 'garbage' => [static function (): string {
            return Given::file(\random_bytes(100000));
        }];
        yield 'all wrong' => [static function (): string {
            $wrong = ['threshold' => 'soon', 'budget' => '-1', 'profile' => 'xdebug', 'udp' => 'nowhere', 'sql' => '7'];
            return Given::settingsFile($wrong);
        }];
        yield 'paths that are none' => [static function (): string {
            return Given::settingsFile([
                'socket' => '/dev/null', 'spool_dir' => '/dev/null', 'trace_file' => '/proc/none/trace', 'threshold' => '0ms',
                'trigger_key_file' => '/proc/self/mem',
            ]);
        }];
    }

    /** @dataProvider engines */
    public function testWhateverMeasures(array $settings): void
    {
        $peer = new Peer(Peer::ACKS);
        $this->assertNoApplicationNotices($settings + ['socket' => $peer->path, 'budget' => '1s'], 'acked');
    }

    /** @return iterable<string, array{0: array<string, string>}> */
    public function engines(): iterable
    {
        yield 'tideways_xhprof with all it has' => [[
            'profile' => 'tideways_xhprof', 'profile_builtins' => 'on', 'profile_memory' => 'on', 'profile_cpu' => 'on',
        ]];
        yield 'excimer, every millisecond' => [['profile' => 'excimer', 'profile_period' => '1ms']];
        yield 'an extension that is missing' => [['profile' => 'xhprof']];
        yield 'nothing' => [['profile' => 'off']];
    }

    /**
     * @testWith ["many_edges"]
     *           ["time_limit"]
     */
    public function testALongRequest(string $app): void
    {
        $peer = new Peer(Peer::ACKS);
        foreach (['tideways_xhprof', 'excimer'] as $engine) {
            // On a slow machine the budget may be over before all of it is done.
            $settings = ['socket' => $peer->path, 'profile' => $engine];
            $this->assertOneIsNotNoticed($app, $settings, '(acked|skipped:budget_.*)');
        }
        $this->assertOneIsNotNoticed($app, ['socket' => Given::path()], 'skipped:(connect|budget_.*)');
    }

    public function testTwentyThousandEdgesInTimeEnough(): void
    {
        // A worker that ran out of memory keeps what it had of it, half of that after each request, and until then it
        // looks as if there was no room for a profile.
        for ($request = 0; $request < 8; $request++) {
            self::ask('hello', []);
        }
        $peer = new Peer(Peer::ACKS);
        $settings = ['socket' => $peer->path, 'profile' => 'tideways_xhprof', 'budget' => '1s', 'edges_max' => '1000'];
        $this->assertOneIsNotNoticed('many_edges', $settings, 'acked');
        $profile = $peer->record()['body']['profile'];
        self::assertLessThanOrEqual(1000, \count($profile['edges']));
        self::assertGreaterThan(19000, $profile['folded_edges']);
    }

    public function testValuesThatAreNoText(): void
    {
        $peer = new Peer(Peer::ACKS);
        $bytes = \implode('', \array_map('chr', \range(0, 255)));
        $request = [
            'REQUEST_URI' => '/' . $bytes . '?a=%ff%fe', 'QUERY_STRING' => 'a=%ff%fe&b[%80][]=%c3%28&' . $bytes,
            'HTTP_COOKIE' => "\xff=\xfe; name=" . $bytes, 'HTTP_USER_AGENT' => $bytes, 'HTTP_X_REQUEST_START' => $bytes,
            'HTTP_X_BITVILLE_ID' => $bytes, 'HTTP_X_BITVILLE_CAPTURE' => $bytes, 'HTTP_X_FORWARDED_FOR' => $bytes,
            'HTTP_HOST' => $bytes, 'CONTENT_TYPE' => 'application/x-www-form-urlencoded',
        ];
        $settings = ['socket' => $peer->path, 'trusted_proxies' => '127.0.0.1', 'response_header' => 'off', 'budget' => '1s'];
        $this->assertOneIsNotNoticed('web', $settings, 'acked', $request, 'x=%ff&' . $bytes);
        self::assertSame('127.0.0.1', $peer->record()['body']['client']);
    }

    public function testAHundredMegabytesOfPost(): void
    {
        $peer = new Peer(Peer::ACKS);
        $settings = ['socket' => $peer->path, 'budget' => '1s'];
        $type = 'multipart/form-data; boundary=part';
        $body = "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large\xff.bin\"\r\n\r\n"
            . \str_repeat('0123456789abcdef', 100 << 16) . "\r\n--part--\r\n";
        $this->assertOneIsNotNoticed('upload', $settings, 'acked', ['CONTENT_TYPE' => $type], $body);
        self::assertSame(\strlen($body), $peer->record()['body']['request_body_bytes']);

        $raw = \str_repeat("\0", 100 << 20);
        $this->assertOneIsNotNoticed('upload', $settings, 'acked', ['CONTENT_TYPE' => 'text/plain'], $raw);
    }

    public function testWithoutAnyExtension(): void
    {
        $whole = self::$fpm;
        self::$fpm = new Fpm([], self::INI);
        self::$undisturbed = [];
        try {
            $peer = new Peer(Peer::ACKS);
            $this->assertNoApplicationNotices(['socket' => $peer->path, 'budget' => '1s'], 'acked');
        } finally {
            self::$fpm = $whole;
            self::$undisturbed = [];
        }
    }

    public function testAsAUserWhoMayDoNothing(): void
    {
        if (\posix_geteuid() !== 0) {
            self::markTestSkipped('a worker of another user needs root to start it');
        }
        $whole = self::$fpm;
        self::$fpm = new Fpm([], self::INI, [], 1, 'nobody');
        self::$undisturbed = [];
        try {
            $installed = self::installedForAll();
            $peer = new Peer(Peer::ACKS);
            $settings = self::settings(['socket' => $peer->path, 'spool_dir' => Given::folder()], '');
            foreach (['unreadable' => 0600, 'readable' => 0644] as $what => $mode) {
                $path = $installed . '/' . $what . '.ini';
                \copy($settings, $path);
                \chmod($path, $mode);
                foreach (['hello', 'fatal', 'handlers'] as $app) {
                    $script = $installed . '/tests/apps/' . $app . '.php';
                    $without = self::$fpm->request($script);
                    $listener = ['LISTENER' => $installed . '/listener.php', 'BITVILLE_SETTINGS' => $path];
                    self::assertSame($without, self::$fpm->request($script, $listener), $app . ', ' . $what);
                    self::assertNotSame('', $without['output']);
                }
            }
        } finally {
            self::$fpm = $whole;
            self::$undisturbed = [];
        }
    }

    /** @param array<string, string> $settings */
    private function assertNoApplicationNotices(array $settings, string $outcome): void
    {
        foreach (self::APPS as $app) {
            $this->assertOneIsNotNoticed($app, $settings, $outcome);
        }
    }

    /**
     * @param array<string, string> $settings
     * @param array<string, string> $request
     */
    private function assertOneIsNotNoticed(
        string $app,
        array $settings,
        string $outcome,
        array $request = [],
        string $body = ''
    ): void {
        $trace = Given::path();
        $logged = self::$fpm->log();
        $without = $request === [] ? self::undisturbed($app) : self::ask($app, $request, $body);
        $with = self::ask(
            $app,
            ['BITVILLE_SETTINGS' => self::settings($settings, $trace)] + self::listener() + $request,
            $body
        );
        self::assertSame($without, $with, $app);
        self::assertNotSame('', $with['output'] . $with['errors'], $app);
        // A worker that crashed or printed is in FPM's own log.
        self::assertSame($logged, self::$fpm->log(), $app);
        self::assertFileExists($trace, $app . ' was not captured');
        self::assertMatchesRegularExpression('/ ' . $outcome . ' \d+ \d+\n$/D', (string) \file_get_contents($trace), $app);
    }

    /** @param array<string, string> $php */
    private static function settings(array $php, string $trace): string
    {
        return Given::settingsFile($php + ['threshold' => '0ms', 'trace_file' => $trace]);
    }

    /** @return array{output: string, errors: string} */
    private static function undisturbed(string $app): array
    {
        return self::$undisturbed[$app] = self::$undisturbed[$app] ?? self::ask($app, []);
    }

    /**
     * @param array<string, string> $params
     *
     * @return array{output: string, errors: string}
     */
    private static function ask(string $app, array $params, string $body = ''): array
    {
        return self::$fpm->request(__DIR__ . '/apps/' . $app . '.php', $params, $body);
    }

    /** @return array<string, string> */
    private static function listener(): array
    {
        return ['LISTENER' => \dirname(__DIR__) . '/listener.php'];
    }

    /** A copy of what an application needs, which every user may read. */
    private static function installedForAll(): string
    {
        $folder = \sys_get_temp_dir() . '/bitville-all-' . \bin2hex(\random_bytes(6));
        \register_shutdown_function([Given::class, 'remove'], $folder);
        foreach (['', '/src', '/tests', '/tests/apps'] as $part) {
            \mkdir($folder . $part);
            \chmod($folder . $part, 0755);
            foreach (\glob(\dirname(__DIR__) . $part . '/*.php') ?: [] as $file) {
                \copy($file, $folder . $part . '/' . \basename($file));
            }
        }
        return $folder;
    }
}
