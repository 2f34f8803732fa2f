<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What the operator chose: the sections `[project]` and `[php]` of `settings.ini`.
 *
 * The template in `config/` explains each key; {@see SettingsReader} reads them. Where APCu is there
 * the result is kept in it, under the file's path, size, inode and time, since to read the file takes
 * longer than all else that a fast request pays for.
 *
 * A mistake never reaches the application: a value that can't be read switches its own feature off,
 * and without a readable file or a valid project name all of it is off. `php/check.php` is where
 * mistakes are told. Properties are written when it is made and never again.
 *
 * @internal
 */
final class Settings
{
    public bool $enabled = false;
    public string $project = '';
    public string $host = '';

    public bool $cli = false;
    public int $thresholdUs = 0;
    public bool $errors = false;
    /** One request in so many is captured whatever its time; 0 is none. */
    public int $captureOneIn = 0;
    /** Empty when there is none, as with every path and address below. */
    public string $triggerKeyFile = '';

    /** `auto`, one of {@see Profiler::ENGINES}, or `off` */
    public string $profile = 'off';
    public int $profileOneIn = 1;
    /** A pattern for `preg_match`, empty if every path is meant. */
    public string $profileUrls = '';
    /** A pattern for `preg_match`, empty if no path is meant. */
    public string $profileUrlsExcept = '';
    public bool $profileBuiltins = false;
    public bool $profileMemory = false;
    public bool $profileCpu = false;
    /** @var list<string> */
    public array $profileIgnore = [];
    public int $profilePeriodUs = 0;
    public int $edgesMax = 0;

    public bool $sql = false;
    public bool $sqlAttach = false;
    public int $sqlQueriesMax = 0;
    public int $sqlRepeatsMax = 0;
    public int $sqlStatementMaxBytes = 0;
    public int $sqlCallerThresholdUs = 0;
    public int $sqlCallersMax = 0;
    public bool $sqlLiterals = false;
    public bool $sqlValues = false;

    public bool $route = false;
    public bool $headers = false;
    public bool $variables = false;
    public bool $queryValues = false;
    public bool $session = false;
    public bool $memory = false;
    public bool $runtime = false;

    public bool $correlation = false;
    /** `environment`, `dsn`, `set_config` or `off` */
    public string $applicationName = 'off';
    /** @var list<string> addresses and networks, as `192.0.2.0/24` */
    public array $trustedProxies = [];
    public bool $responseHeader = false;

    public bool $stats = false;
    public string $socket = '';
    public string $udp = '';
    public bool $udpRecords = false;
    public string $spoolDir = '';
    public int $spoolBytesMax = 0;
    public int $budgetUs = 0;
    public int $breakerFailures = 0;
    public int $breakerCooldownUs = 0;
    public string $traceFile = '';

    public static function load(string $path): self
    {
        // One look at the file; the second function is answered from the first one's.
        if (!\is_file($path)) {
            return new self();
        }
        $key = null;
        if (\function_exists('apcu_enabled') && \apcu_enabled()) {
            $stat = \stat($path) ?: [];
            $key = 'bitville:' . VERSION . ':' . $path . ':' . ($stat['mtime'] ?? 0) . ':' . ($stat['ino'] ?? 0)
                . ':' . ($stat['size'] ?? 0);
            $kept = \apcu_fetch($key);
            if (\is_array($kept)) {
                return self::of($kept);
            }
        }
        Parts::load(Parts::SETTINGS);
        $settings = SettingsReader::read(self::sections($path));
        if ($key !== null) {
            \apcu_store($key, \get_object_vars($settings), 3600);
        }
        return $settings;
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

    /** @param array<string, mixed> $values by property */
    public static function of(array $values): self
    {
        $settings = new self();
        foreach ($values as $property => $value) {
            $settings->$property = $value;
        }
        return $settings;
    }
}
