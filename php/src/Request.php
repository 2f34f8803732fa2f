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
    private const METHOD_BYTES_MAX = 32;

    /** Errors that end a request. */
    private const FATAL = [
        \E_ERROR => 'E_ERROR', \E_PARSE => 'E_PARSE', \E_CORE_ERROR => 'E_CORE_ERROR',
        \E_COMPILE_ERROR => 'E_COMPILE_ERROR', \E_USER_ERROR => 'E_USER_ERROR',
        \E_RECOVERABLE_ERROR => 'E_RECOVERABLE_ERROR',
    ];

    private Settings $settings;

    private ?Redactor $redactor = null;

    /** @var array<string, mixed> */
    private array $server;

    /** @param array<string, mixed> $server `$_SERVER` */
    public function __construct(Settings $settings, array $server)
    {
        $this->settings = $settings;
        $this->server = $server;
    }

    /**
     * @param string      $route  what the application or Phalcon says, or a guess
     * @param string|null $client the address behind trusted proxies
     *
     * @return array<string, mixed> the protocol's fields from `method` to `headers`
     */
    public function describe(string $route, ?string $action, ?string $client): array
    {
        return [
            'method' => \substr($this->text('REQUEST_METHOD') ?? 'CLI', 0, self::METHOD_BYTES_MAX),
            'url' => $this->redactor()->url(\substr(Route::target($this->server), 0, self::URL_BYTES_MAX)),
            'status' => self::status(),
            'route' => $route,
            'action' => $action,
            'sapi' => \PHP_SAPI,
            'pid' => \getmypid() ?: null,
            'client' => $client,
            'headers' => (object) ($this->settings->headers ? $this->headers() : []),
        ];
    }

    public static function status(): ?int
    {
        $status = \http_response_code();
        return \is_int($status) ? $status : null;
    }

    /**
     * Bytes that came, and those that go: by the header that announces them, or by what is still in
     * the output buffers; null where nobody knows.
     *
     * @param array<mixed> $files `$_FILES`
     *
     * @return array{request_body_bytes: ?int, response_body_bytes: ?int, files: int}
     */
    public function sizes(array $files): array
    {
        $length = $this->text('CONTENT_LENGTH') ?? '';
        return [
            'request_body_bytes' => \ctype_digit($length) ? (int) $length : null,
            'response_body_bytes' => self::responseBytes(),
            'files' => \count($files),
        ];
    }

    /** A hash that tells whether two requests were of the same session, and no more than that. */
    public static function session(array $cookies): ?string
    {
        if (!\function_exists('session_id')) {
            return null;
        }
        $id = \session_id() ?: ($cookies[\session_name()] ?? '');
        return \is_string($id) && $id !== '' ? \substr(\hash('sha256', 'bitville-session:' . $id), 0, 16) : null;
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
            'get' => (object) $this->redactor()->queryVariables($get),
            'post' => (object) $this->redactor()->variables($post),
            'cookies' => $this->redactor()->names($cookies),
        ];
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

    /**
     * What went wrong although PHP did not end it: an exception that the application caught and told
     * us of, or an answer that says so itself.
     *
     * @param array{0: string, 1: string, 2: string, 3: int}|null $exception class, message, file, line
     *
     * @return array{type: string, message: string, file: ?string, line: ?int}|null
     */
    public static function fault(?array $exception, ?int $status): ?array
    {
        if ($exception !== null) {
            return [
                'type' => $exception[0],
                'message' => Redactor::secrets(\substr($exception[1], 0, self::MESSAGE_BYTES_MAX)),
                'file' => $exception[2],
                'line' => $exception[3],
            ];
        }
        return $status === null || $status < 500 ? null : [
            'type' => 'HTTP ' . $status, 'message' => 'the application answered ' . $status, 'file' => null, 'line' => null,
        ];
    }

    private static function responseBytes(): ?int
    {
        foreach (\headers_list() as $header) {
            if (\stripos($header, 'content-length:') === 0) {
                return (int) \trim(\substr($header, 15));
            }
        }
        if (\headers_sent()) {
            return null;
        }
        return (int) \array_sum(\array_column(\ob_get_status(true), 'buffer_used'));
    }

    /** @return array<string, string> */
    private function headers(): array
    {
        $headers = [];
        foreach (self::HEADERS as $name => $variable) {
            $value = $this->text($variable);
            if ($value !== null && $value !== '') {
                $value = \substr($value, 0, self::HEADER_BYTES_MAX);
                $headers[$name] = $name === 'referer' ? $this->redactor()->url($value) : Redactor::secrets($value);
            }
        }
        return $headers;
    }

    private function redactor(): Redactor
    {
        return $this->redactor = $this->redactor ?? new Redactor($this->settings->queryValues);
    }

    private function text(string $variable): ?string
    {
        $value = $this->server[$variable] ?? null;
        return \is_string($value) ? $value : null;
    }
}
