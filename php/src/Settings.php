<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What the operator chose: the sections `[project]` and `[php]` of `settings.ini`.
 *
 * The file is read with the raw scanner, so that every value is the text that stands there, as for
 * the Rust half; {@see Human} reads toggles, durations and sizes. The template in `config/`
 * explains each key.
 *
 * A mistake never reaches the application: a value that can't be read switches its own feature
 * off, and without a readable file or a valid project name all of it is off. (The daemons'
 * `--check-config` is where mistakes are told.) Properties are written here and nowhere else.
 *
 * @internal
 */
final class Settings
{
    /** The longest path that a unix socket's address holds, its closing NUL aside. */
    private const SOCKET_PATH_BYTES_MAX = 107;

    public bool $enabled;
    public string $project;
    public string $host;
    public int $thresholdUs;
    public bool $errors;

    /** `auto`, `tideways_xhprof`, `xhprof` or `off` */
    public string $profile;
    public bool $profileBuiltins;
    public bool $profileMemory;
    public bool $profileCpu;
    public int $edgesMax;

    public bool $sql;
    public int $sqlQueriesMax;
    public int $sqlStatementMaxBytes;
    public int $sqlCallerThresholdUs;
    public int $sqlCallersMax;

    public bool $headers;
    public bool $variables;
    public bool $queryValues;
    public bool $memory;

    public bool $correlation;
    public bool $responseHeader;

    public string $socket;
    public int $budgetUs;
    public bool $cli;

    /** Empty when there is none. */
    public string $traceFile;

    /** @var array<string, string> the section that is being read */
    private array $values;

    /** @var list<string> keys whose value could not be read */
    private array $mistakes = [];

    /** @param array<string, mixed> $sections as `parse_ini_file` gives them */
    public function __construct(array $sections)
    {
        $this->values = self::section($sections, 'project');
        $this->project = $this->text('name', '', '/^[A-Za-z0-9._-]{1,64}$/D');
        $this->host = $this->text('host', '', '/^[^\x00-\x1f\x7f]{1,255}$/D') ?: (string) \gethostname();

        $this->values = self::section($sections, 'php');
        $this->readCapture();
        $this->readProfile();
        $this->readSql();
        $this->readRequest();
        $this->readHandover();

        // Without these there is nothing to send, nowhere to send it, or no bound on doing so.
        $vital = ['name', 'host', 'enabled', 'threshold', 'socket', 'budget'];
        if ($this->project === '' || \array_intersect($vital, $this->mistakes) !== []) {
            $this->enabled = false;
        }
    }

    public static function load(string $path): self
    {
        return new self(self::sections($path));
    }

    /** @return array<string, mixed> none when the file can't be read or is no INI */
    public static function sections(string $path): array
    {
        return \is_file($path) ? \parse_ini_file($path, true, \INI_SCANNER_RAW) ?: [] : [];
    }

    /** Where the file is: a constant, a variable of the server or the environment, or the default. */
    public static function path(): string
    {
        $places = [
            \defined('BITVILLE_SETTINGS') ? \constant('BITVILLE_SETTINGS') : null,
            $_SERVER['BITVILLE_SETTINGS'] ?? null,
            \getenv('BITVILLE_SETTINGS'),
        ];
        foreach ($places as $path) {
            if (\is_string($path) && $path !== '') {
                return $path;
            }
        }
        return '/etc/bitville/settings.ini';
    }

    private function readCapture(): void
    {
        $this->enabled = $this->toggle('enabled', true);
        $this->cli = $this->toggle('cli', false);
        $this->thresholdUs = $this->duration('threshold', 500000, 0, 86400000000);
        $this->errors = $this->toggle('errors', true);
        $this->memory = $this->toggle('memory', true);
        $this->correlation = $this->toggle('correlation', true);
        $this->responseHeader = $this->toggle('response_header', false);
    }

    private function readProfile(): void
    {
        $this->profile = $this->text('profile', 'auto', '/^(auto|tideways_xhprof|xhprof|off)$/D');
        $this->profileBuiltins = $this->toggle('profile_builtins', true);
        $this->profileMemory = $this->toggle('profile_memory', false);
        $this->profileCpu = $this->toggle('profile_cpu', false);
        // Folding 20,000 edges takes a good part of the budget; nobody reads that many.
        $this->edgesMax = $this->number('edges_max', 2000, 10, 20000);
        if (\array_intersect(['profile', 'edges_max'], $this->mistakes) !== []) {
            $this->profile = 'off';
        }
    }

    private function readSql(): void
    {
        $this->sql = $this->toggle('sql', true);
        // All listed statements together must fit into one frame of 4 MiB.
        $this->sqlQueriesMax = $this->number('sql_queries_max', 500, 1, 5000);
        $this->sqlStatementMaxBytes = $this->size('sql_statement_max', 8192, 64, 65536);
        $this->sqlCallerThresholdUs = $this->duration('sql_caller_threshold', 5000, 0, 86400000000);
        $this->sqlCallersMax = $this->number('sql_callers_max', 50, 0, 1000);
        $bounds = ['sql_queries_max', 'sql_statement_max', 'sql_caller_threshold', 'sql_callers_max'];
        if (\array_intersect($bounds, $this->mistakes) !== []) {
            $this->sql = false;
        }
    }

    private function readRequest(): void
    {
        $this->headers = $this->toggle('headers', true);
        $this->variables = $this->toggle('variables', true);
        $this->queryValues = $this->toggle('query_values', false);
    }

    private function readHandover(): void
    {
        $socket = '/^\/[^\x00]{1,' . (self::SOCKET_PATH_BYTES_MAX - 1) . '}$/D';
        $this->socket = $this->text('socket', '/run/bitville/collector.sock', $socket);
        $this->budgetUs = $this->duration('budget', 50000, 1000, 1000000);
        $this->traceFile = $this->text('trace_file', '', '/^(\/[^\x00]*)?$/D');
    }

    private function toggle(string $key, bool $default): bool
    {
        if (!isset($this->values[$key])) {
            return $default;
        }
        $given = Human::toggle($this->values[$key]);
        if ($given === null) {
            $this->mistakes[] = $key;
        }
        return $given ?? false;
    }

    private function text(string $key, string $default, string $allowed): string
    {
        $text = $this->values[$key] ?? null;
        if ($text === null || ($text === '' && $default === '')) {
            return $default;
        }
        if (\preg_match($allowed, $text) !== 1) {
            $this->mistakes[] = $key;
            return $default;
        }
        return $text;
    }

    private function duration(string $key, int $default, int $min, int $max): int
    {
        return $this->within($key, $default, $min, $max, [Human::class, 'durationUs']);
    }

    private function size(string $key, int $default, int $min, int $max): int
    {
        return $this->within($key, $default, $min, $max, [Human::class, 'sizeBytes']);
    }

    private function number(string $key, int $default, int $min, int $max): int
    {
        return $this->within($key, $default, $min, $max, [Human::class, 'count']);
    }

    /** @param callable(string): ?int $read */
    private function within(string $key, int $default, int $min, int $max, callable $read): int
    {
        if (!isset($this->values[$key])) {
            return $default;
        }
        $given = $read($this->values[$key]);
        if ($given === null || $given < $min || $given > $max) {
            $this->mistakes[] = $key;
            return $default;
        }
        return $given;
    }

    /**
     * @param array<string, mixed> $sections
     *
     * @return array<string, string>
     */
    private static function section(array $sections, string $name): array
    {
        $section = $sections[$name] ?? [];
        // `key[] = x` makes an array of a value, which no key of ours is.
        return \is_array($section) ? \array_filter($section, 'is_string') : [];
    }
}
