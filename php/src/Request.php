<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What is worth knowing about a request beside its time: method, URL, route, headers, variables.
 *
 * Built from `$_SERVER`, which every SAPI fills. Headers come from an allow-list, so that a new
 * secret header is never recorded by accident; all values pass {@see Redactor}. Every text and
 * list has a bound, because a client chooses them.
 *
 * @internal
 */
final class Request
{
    /** The header's name to its variable. No cookies, no authorization. */
    private const HEADERS = [
        'accept' => 'HTTP_ACCEPT',
        'content-length' => 'CONTENT_LENGTH',
        'content-type' => 'CONTENT_TYPE',
        'host' => 'HTTP_HOST',
        'referer' => 'HTTP_REFERER',
        'traceparent' => 'HTTP_TRACEPARENT',
        'user-agent' => 'HTTP_USER_AGENT',
        'x-request-id' => 'HTTP_X_REQUEST_ID',
    ];

    private const HEADER_BYTES_MAX = 512;
    private const URL_BYTES_MAX = 2048;
    private const MESSAGE_BYTES_MAX = 2048;

    /** A wait longer than this is a front end's clock that is wrong. */
    private const QUEUE_US_MAX = 3600000000;

    /** Errors that end a request. */
    private const FATAL = [
        \E_ERROR => 'E_ERROR', \E_PARSE => 'E_PARSE', \E_CORE_ERROR => 'E_CORE_ERROR',
        \E_COMPILE_ERROR => 'E_COMPILE_ERROR', \E_USER_ERROR => 'E_USER_ERROR',
        \E_RECOVERABLE_ERROR => 'E_RECOVERABLE_ERROR',
    ];

    private Settings $settings;

    private Redactor $redactor;

    /** @var array<string, mixed> */
    private array $server;

    /** @param array<string, mixed> $server `$_SERVER` */
    public function __construct(Settings $settings, array $server)
    {
        $this->settings = $settings;
        $this->redactor = new Redactor($settings->queryValues);
        $this->server = $server;
    }

    /** @return array<string, mixed> the protocol's fields from `method` to `headers` */
    public function describe(?string $route, ?string $action): array
    {
        // On the command line there is no URL; the script stands for it, without its arguments.
        $url = $this->text('REQUEST_URI') ?? $this->text('SCRIPT_NAME') ?? '';
        $status = \http_response_code();
        return [
            'method' => $this->text('REQUEST_METHOD') ?? 'CLI',
            'url' => $this->redactor->url(\substr($url, 0, self::URL_BYTES_MAX)),
            'status' => \is_int($status) ? $status : null,
            'route' => $route ?? Route::ofPath(Redactor::path($url)),
            'action' => $action,
            'sapi' => \PHP_SAPI,
            'pid' => \getmypid() ?: null,
            'client' => $this->text('REMOTE_ADDR'),
            'headers' => (object) ($this->settings->headers ? $this->headers() : []),
        ];
    }

    /**
     * @param array<mixed> $get
     * @param array<mixed> $post
     * @param array<mixed> $cookies
     *
     * @return array{get: object, post: object, cookies: list<string>}
     */
    public function variables(array $get, array $post, array $cookies): array
    {
        return [
            'get' => (object) $this->redactor->queryVariables($get),
            'post' => (object) $this->redactor->variables($post),
            'cookies' => $this->redactor->names($cookies),
        ];
    }

    /** The wait before PHP, if the front end stamps its requests: `t=` and s, ms or us since the epoch. */
    public function queueUs(int $startAtUs): ?int
    {
        $stamp = $this->text('HTTP_X_REQUEST_START') ?? '';
        if (\preg_match('/^(?:t=)?(\d{10,16}(?:\.\d{1,6})?)$/D', $stamp, $part) !== 1) {
            return null;
        }
        $number = (float) $part[1];
        // Seconds have 10 digits until the year 2286, milliseconds 13.
        $unitUs = $number < 1e11 ? 1e6 : ($number < 1e14 ? 1e3 : 1);
        $queueUs = $startAtUs - (int) \round($number * $unitUs);
        return $queueUs >= 0 && $queueUs <= self::QUEUE_US_MAX ? $queueUs : null;
    }

    /**
     * @param array<string, int> $before `getrusage()`: a worker's sums, over all its requests
     * @param array<string, int> $after
     *
     * @return array{cpu_user_us: ?int, cpu_system_us: ?int}
     */
    public static function cpu(array $before, array $after): array
    {
        $spent = static function (string $kind) use ($before, $after): ?int {
            if (!isset($before[$kind . '.tv_sec'], $after[$kind . '.tv_sec'])) {
                return null;
            }
            return ($after[$kind . '.tv_sec'] - $before[$kind . '.tv_sec']) * 1000000
                + $after[$kind . '.tv_usec'] - $before[$kind . '.tv_usec'];
        };
        return ['cpu_user_us' => $spent('ru_utime'), 'cpu_system_us' => $spent('ru_stime')];
    }

    /**
     * @param array<string, mixed>|null $lastError `error_get_last()`
     *
     * @return array{type: string, message: string, file: string, line: int}|null null if it ended nothing
     */
    public static function fatal(?array $lastError): ?array
    {
        if ($lastError === null || !isset(self::FATAL[$lastError['type']])) {
            return null;
        }
        // An uncaught exception's message goes on with its trace, which shows arguments.
        $message = \explode("\nStack trace:", (string) $lastError['message'], 2)[0];
        return [
            'type' => self::FATAL[$lastError['type']],
            'message' => Redactor::secrets(\substr($message, 0, self::MESSAGE_BYTES_MAX)),
            'file' => (string) $lastError['file'],
            'line' => (int) $lastError['line'],
        ];
    }

    /** @return array<string, string> */
    private function headers(): array
    {
        $headers = [];
        foreach (self::HEADERS as $name => $variable) {
            $value = $this->text($variable);
            if ($value !== null && $value !== '') {
                $value = \substr($value, 0, self::HEADER_BYTES_MAX);
                $headers[$name] = $name === 'referer' ? $this->redactor->url($value) : Redactor::secrets($value);
            }
        }
        return $headers;
    }

    private function text(string $variable): ?string
    {
        $value = $this->server[$variable] ?? null;
        return \is_string($value) ? $value : null;
    }
}
