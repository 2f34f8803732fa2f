<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Reads the sections `[project]` and `[php]`, as {@see Settings::sections()} gives them, key by key.
 *
 * Every value is the text that stands in the file, as for the Rust half; {@see Human} reads toggles,
 * durations and sizes. What is wrong is noted with what is allowed, and switches its feature off.
 *
 * @internal
 */
final class SettingsReader
{
    /** The longest path that a unix socket's address holds, its closing NUL aside. */
    private const SOCKET_PATH_BYTES_MAX = 107;

    private const SECOND_US = 1000000;
    private const DAY_US = 86400 * self::SECOND_US;

    /** For the lists: what a site needs, and no request has to walk through more. */
    private const LIST_MAX = 100;

    private const PATH = '/^\/[^\x00]*$/D';
    private const ADDRESS = '/^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/D';

    /** @var array<string, string> the section that is being read */
    private array $values = [];

    /** @var array<string, true> its keys that have been asked for */
    private array $known = [];

    /** @var array<string, string> by key: what is allowed, and what was given */
    private array $mistakes = [];

    private Settings $settings;

    private function __construct()
    {
        $this->settings = new Settings();
    }

    /** @param array<string, mixed> $sections */
    public static function read(array $sections): Settings
    {
        return self::judge($sections)[0];
    }

    /**
     * @param array<string, mixed> $sections
     *
     * @return array{0: Settings, 1: array<string, string>} and the mistakes, by section and key
     */
    public static function judge(array $sections): array
    {
        $reader = new self();
        $reader->readProject($sections);
        $project = $reader->mistakesOf('project');
        $reader->readPhp($sections);
        // Without these there is nothing to send, nowhere to send it, or no bound on doing so.
        $reader->settings->enabled = $reader->settings->enabled && $project === []
            && $reader->areRight(['enabled', 'threshold', 'socket', 'budget']);
        return [$reader->settings, $project + $reader->mistakesOf('php')];
    }

    /** @return list<string> all keys of `[php]` */
    public static function keys(): array
    {
        $reader = new self();
        $reader->readPhp([]);
        return \array_keys($reader->known);
    }

    /** @param array<string, mixed> $sections */
    private function readPhp(array $sections): void
    {
        $this->enter($sections, 'php');
        $this->readCapture();
        $this->readProfile();
        $this->readSql();
        $this->readRequest();
        $this->readCorrelation();
        $this->readHandover();
    }

    /** @param array<string, mixed> $sections */
    private function readProject(array $sections): void
    {
        $this->enter($sections, 'project');
        $name = '1 to 64 of A-Z a-z 0-9 . _ and -';
        $host = 'up to 255 bytes without control characters';
        $this->settings->project = $this->text('name', '', '/^[A-Za-z0-9._-]{1,64}$/D', $name);
        if ($this->settings->project === '') {
            $this->mistakes['name'] = $this->mistakes['name'] ?? $name . ' is allowed, and it must be set';
        }
        $this->settings->host = $this->text('host', '', '/^[^\x00-\x1f\x7f]{1,255}$/D', $host)
            ?: (string) \gethostname();
    }

    private function readCapture(): void
    {
        $settings = $this->settings;
        $settings->enabled = $this->toggle('enabled', true);
        $settings->cli = $this->toggle('cli', false);
        $settings->thresholdUs = $this->duration('threshold', 500000, 0, self::DAY_US);
        $settings->errors = $this->toggle('errors', true);
        $settings->captureOneIn = $this->number('capture_one_in', 0, 0, 1000000000);
        $settings->triggerKeyFile = $this->path('trigger_key_file', '');
    }

    private function readProfile(): void
    {
        $settings = $this->settings;
        $engines = \array_merge(['auto', 'off'], Profiler::ENGINES);
        $pattern = '/^(?:' . \implode('|', $engines) . ')$/D';
        $settings->profile = $this->text('profile', 'auto', $pattern, \implode(', ', $engines));
        $settings->profileOneIn = $this->number('profile_one_in', 1, 1, 1000000000);
        $settings->profileUrls = self::pathPattern($this->words('profile_urls'));
        $settings->profileUrlsExcept = self::pathPattern($this->words('profile_urls_except'));
        $settings->profileBuiltins = $this->toggle('profile_builtins', true);
        $settings->profileMemory = $this->toggle('profile_memory', false);
        $settings->profileCpu = $this->toggle('profile_cpu', false);
        $settings->profileIgnore = $this->words('profile_ignore');
        $settings->profilePeriodUs = $this->duration('profile_period', 10000, 1000, self::SECOND_US);
        // Folding 20,000 edges takes a good part of the budget; nobody reads that many.
        $settings->edgesMax = $this->number('edges_max', 2000, 10, 20000);
        $vital = ['profile', 'profile_one_in', 'profile_urls', 'profile_urls_except', 'profile_period', 'edges_max'];
        if (!$this->areRight($vital)) {
            $settings->profile = 'off';
        }
    }

    private function readSql(): void
    {
        $settings = $this->settings;
        $settings->sql = $this->toggle('sql', true);
        $settings->sqlAttach = $this->toggle('sql_attach', true);
        // All listed statements together must fit into one frame of 4 MiB.
        $settings->sqlQueriesMax = $this->number('sql_queries_max', 500, 1, 5000);
        $settings->sqlRepeatsMax = $this->number('sql_repeats_max', 20, 1, 5000);
        $settings->sqlStatementMaxBytes = $this->size('sql_statement_max', 8192, 64, 65536);
        $settings->sqlCallerThresholdUs = $this->duration('sql_caller_threshold', 5000, 0, self::DAY_US);
        $settings->sqlCallersMax = $this->number('sql_callers_max', 50, 0, 1000);
        $settings->sqlLiterals = $this->toggle('sql_literals', false);
        $settings->sqlValues = $this->toggle('sql_values', false);
        $bounds = ['sql_queries_max', 'sql_repeats_max', 'sql_statement_max', 'sql_caller_threshold', 'sql_callers_max'];
        if (!$this->areRight($bounds)) {
            $settings->sql = false;
        }
    }

    private function readRequest(): void
    {
        $settings = $this->settings;
        $settings->route = $this->toggle('route', true);
        $settings->headers = $this->toggle('headers', true);
        $settings->variables = $this->toggle('variables', true);
        $settings->queryValues = $this->toggle('query_values', false);
        $settings->session = $this->toggle('session', true);
        $settings->memory = $this->toggle('memory', true);
        $settings->runtime = $this->toggle('runtime', true);
    }

    private function readCorrelation(): void
    {
        $settings = $this->settings;
        $settings->correlation = $this->toggle('correlation', true);
        $modes = '/^(?:environment|dsn|set_config|off)$/D';
        $allowed = 'environment, dsn, set_config or off';
        $settings->applicationName = $this->text('application_name', 'environment', $modes, $allowed);
        if (!$settings->correlation || !$this->areRight(['application_name'])) {
            $settings->applicationName = 'off';
        }
        $settings->trustedProxies = $this->networks('trusted_proxies');
        $settings->responseHeader = $this->toggle('response_header', false);
    }

    private function readHandover(): void
    {
        $settings = $this->settings;
        $settings->stats = $this->toggle('stats', true);
        $socket = '/^\/[^\x00]{1,' . (self::SOCKET_PATH_BYTES_MAX - 1) . '}$/D';
        $allowed = 'an absolute path of at most ' . self::SOCKET_PATH_BYTES_MAX . ' bytes';
        $settings->socket = $this->text('socket', '/run/bitville/collector.sock', $socket, $allowed);
        $address = 'an IP address and a port, as 127.0.0.1:7800, or nothing';
        $settings->udp = $this->text('udp', '127.0.0.1:7800', self::ADDRESS, $address, true);
        $settings->udpRecords = $this->toggle('udp_records', true);
        $settings->spoolDir = $this->path('spool_dir', '/run/bitville/spool');
        $settings->spoolBytesMax = $this->size('spool_max', 128 << 20, 1 << 20, 1 << 34);
        $settings->budgetUs = $this->duration('budget', 50000, 1000, self::SECOND_US);
        $settings->breakerFailures = $this->number('breaker_failures', 5, 1, 1000);
        $hourUs = 3600 * self::SECOND_US;
        $settings->breakerCooldownUs = $this->duration('breaker_cooldown', 30000000, self::SECOND_US, $hourUs);
        $settings->traceFile = $this->path('trace_file', '');
        $this->switchOffWhatIsWrong();
    }

    private function switchOffWhatIsWrong(): void
    {
        if (!$this->areRight(['udp'])) {
            $this->settings->udp = '';
        }
        if (!$this->areRight(['spool_dir', 'spool_max'])) {
            $this->settings->spoolDir = '';
        }
        if (!$this->areRight(['breaker_failures', 'breaker_cooldown'])) {
            // A breaker that can't be understood must not leave the profiler on for ever.
            $this->settings->profile = 'off';
        }
    }

    /** @param array<string, mixed> $sections */
    private function enter(array $sections, string $name): void
    {
        $section = $sections[$name] ?? [];
        $this->mistakes = [];
        $this->known = [];
        // `key[] = x` makes an array of a value, which no key of ours is.
        $this->values = \is_array($section) ? \array_filter($section, 'is_string') : [];
        foreach (\is_array($section) ? \array_diff_key($section, $this->values) : [] as $key => $value) {
            $this->mistakes[$key] = 'a text is allowed, got a list';
            $this->known[$key] = true;
        }
    }

    /** @return array<string, string> */
    private function mistakesOf(string $section): array
    {
        $mistakes = [];
        foreach ($this->mistakes as $key => $mistake) {
            $mistakes['[' . $section . '] ' . $key] = $mistake;
        }
        foreach (\array_diff_key($this->values, $this->known) as $key => $value) {
            $nearest = $this->nearest((string) $key);
            $mistakes['[' . $section . '] ' . $key] = 'unknown key; the most similar one is ' . $nearest;
        }
        return $mistakes;
    }

    /** The known key that takes the fewest changes of letters. */
    private function nearest(string $key): string
    {
        $changes = [];
        foreach (\array_keys($this->known) as $known) {
            $changes[$known] = \levenshtein(\substr($key, 0, 64), $known);
        }
        \asort($changes);
        return \array_keys($changes)[0];
    }

    /** @param list<string> $keys */
    private function areRight(array $keys): bool
    {
        return \array_intersect_key($this->mistakes, \array_flip($keys)) === [];
    }

    private function given(string $key): ?string
    {
        $this->known[$key] = true;
        return $this->values[$key] ?? null;
    }

    private function refuse(string $key, string $allowed): void
    {
        $this->mistakes[$key] = $allowed . ' is allowed, got "' . $this->values[$key] . '"';
    }

    private function toggle(string $key, bool $default): bool
    {
        $text = $this->given($key);
        if ($text === null) {
            return $default;
        }
        $given = Human::toggle($text);
        if ($given === null) {
            $this->refuse($key, 'on or off');
        }
        return $given ?? false;
    }

    private function text(string $key, string $default, string $pattern, string $allowed, bool $mayBeEmpty = false): string
    {
        $text = $this->given($key);
        if ($text === null || ($text === '' && ($mayBeEmpty || $default === ''))) {
            return $text ?? $default;
        }
        if (\preg_match($pattern, $text) !== 1) {
            $this->refuse($key, $allowed);
            return $default;
        }
        return $text;
    }

    private function path(string $key, string $default): string
    {
        return $this->text($key, $default, self::PATH, 'an absolute path, or nothing,', true);
    }

    private function duration(string $key, int $default, int $min, int $max): int
    {
        return $this->within($key, $default, $min, $max, 'duration');
    }

    private function size(string $key, int $default, int $min, int $max): int
    {
        return $this->within($key, $default, $min, $max, 'size');
    }

    private function number(string $key, int $default, int $min, int $max): int
    {
        return $this->within($key, $default, $min, $max, 'count');
    }

    /** @param string $quantity `duration`, `size` or `count` */
    private function within(string $key, int $default, int $min, int $max, string $quantity): int
    {
        $text = $this->given($key);
        if ($text === null) {
            return $default;
        }
        $given = Human::quantity($quantity, $text);
        if ($given === null || $given < $min || $given > $max) {
            $this->refuse($key, Human::text($quantity, $min) . ' to ' . Human::text($quantity, $max));
            return $default;
        }
        return $given;
    }

    /** @return list<string> what blanks and commas separate */
    private function words(string $key): array
    {
        $words = \preg_split('/[\s,]+/', (string) $this->given($key), -1, \PREG_SPLIT_NO_EMPTY) ?: [];
        if (\count($words) > self::LIST_MAX) {
            $this->refuse($key, 'up to ' . self::LIST_MAX . ' words');
            return [];
        }
        return $words;
    }

    /** @return list<string> */
    private function networks(string $key): array
    {
        $networks = $this->words($key);
        foreach ($networks as $network) {
            if (!Network::isOne($network)) {
                $this->refuse($key, 'addresses and networks (192.0.2.7, 2001:db8::/32)');
                return [];
            }
        }
        return $networks;
    }

    /**
     * Paths in which `*` stands for anything, as one pattern.
     *
     * @param list<string> $paths
     */
    private static function pathPattern(array $paths): string
    {
        $alternatives = \array_map(static function (string $path): string {
            return \str_replace('\*', '.*', \preg_quote($path, '~'));
        }, $paths);
        return $alternatives === [] ? '' : '~^(?:' . \implode('|', $alternatives) . ')$~Ds';
    }
}
