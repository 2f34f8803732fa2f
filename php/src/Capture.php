<?php

declare(strict_types=1);

namespace Bitville;

/**
 * One request being watched, from its begin to the hand-over of its record.
 *
 * While it runs only the profiler and {@see Queries} work. When it ends, the time is frozen first; a
 * request that was neither slow nor broken sends its numbers and costs nothing more. For the others
 * {@see Report} makes a record and hands it over, before a deadline.
 *
 * @internal
 */
final class Capture
{
    /** Errors that end a request. */
    private const FATAL = \E_ERROR | \E_PARSE | \E_CORE_ERROR | \E_COMPILE_ERROR | \E_USER_ERROR | \E_RECOVERABLE_ERROR;

    /**
     * Held by {@see Listener} while the request runs, so that one that died of its memory limit can still be
     * told: a record without its large parts takes 72 KiB. Where the functions that are called for that are the
     * first to find no room in PHP's arena, it grows by 64 KiB. To fill this takes time and room in the
     * processor's cache, so it is no larger.
     */
    public const RESERVE_BYTES = 136 * 1024;

    public Settings $settings;
    public Clock $clock;
    public Profiler $profiler;
    public Queries $queries;
    public string $correlationId;

    /** What the application says of itself. */
    public ?string $route = null;
    public ?string $action = null;
    /** @var array{0: string, 1: string, 2: string, 3: int}|null class, message, file and line */
    public ?array $exception = null;

    /** @var array<string, mixed> `$_SERVER` */
    public array $server;

    /** When the request began, by the wall clock and by the monotonic one. */
    public int $startAtUs;
    public int $startNs;

    /** @var array<string, int> `getrusage()` at its begin */
    public array $usage;

    /** What the listener had cost when the application began. */
    public int $selfNs = 0;

    private int $beganNs;
    private int $pid;
    private ?Backends $backends = null;

    /** 16 bytes that decide what is sampled. */
    private string $random;
    private bool $isForced = false;

    /** @param array<string, mixed> $server */
    public function __construct(
        Settings $settings,
        Clock $clock,
        string $correlationId,
        array $server,
        string $random,
        int $beganNs
    ) {
        $this->settings = $settings;
        $this->clock = $clock;
        $this->correlationId = $correlationId;
        $this->server = $server;
        $this->random = $random;
        $this->beganNs = $beganNs;
        $this->pid = (int) \getmypid();
        $this->usage = \getrusage() ?: [];
        $this->profiler = new Profiler($settings);

        $nowUs = $clock->wallUs();
        $startedUs = (int) \round((float) ($server['REQUEST_TIME_FLOAT'] ?? 0) * 1e6);
        // A clock that was set back in between, or no such variable: then it begins now.
        $this->startAtUs = $startedUs > 0 && $startedUs < $nowUs ? $startedUs : $nowUs;
        $this->startNs = $clock->monotonicNs() - ($nowUs - $this->startAtUs) * 1000;
        $this->queries = new Queries($settings, $this->startNs);
    }

    /** The last thing before the application runs: what the listener did so far is no part of its profile. */
    public function begin(): void
    {
        $this->isForced = $this->settings->triggerKeyFile !== '' && $this->isTriggered();
        $this->profiler->absence = $this->reasonNotToProfile();
        $nowNs = $this->clock->monotonicNs();
        if ($this->settings->profile !== 'off' && $this->profiler->absence === null) {
            $this->profiler->start(\intdiv($nowNs - $this->startNs, 1000));
        }
        $this->selfNs = $this->clock->monotonicNs() - $this->beganNs;
    }

    /** The connections of this request, from the first that is attached on. */
    public function backends(): Backends
    {
        return $this->backends
            = $this->backends ?? new Backends($this->settings->applicationName, $this->correlationId);
    }

    /** @param array<string, mixed>|null $lastError `error_get_last()` */
    public function finish(?array $lastError): void
    {
        $endNs = $this->clock->monotonicNs();
        // From here on they would be ours.
        $usage = \getrusage() ?: [];
        $peakBytes = \memory_get_peak_usage();
        // A forked child ends like a request, but it is none: its parent tells the story.
        if (\getmypid() !== $this->pid) {
            return;
        }
        $this->profiler->freeze();
        $reason = $this->reason($lastError, $endNs);
        $lost = null;
        if ($reason === null) {
            $this->profiler->discard();
        } else {
            Parts::load(Parts::CAPTURE);
            $lost = (new Report($this, $reason, $endNs))->handOver($lastError, $this->backends);
        }
        // Last: a request that died of its memory limit has hardly enough for one of the two.
        if ($this->settings->stats && $this->settings->udp !== '') {
            Parts::load(Parts::STATS);
            Datagram::send($this->settings->udp, Stats::frame($this, $endNs, $usage, $peakBytes, $reason, $lost));
        }
    }

    /**
     * The route and the action: what the application said, else what Phalcon's router and dispatcher
     * know, else what the path looks like.
     *
     * @return array{0: string, 1: ?string}
     */
    public function route(): array
    {
        $route = $this->route;
        $action = $this->action;
        // Its file is loaded when there is something to attach to.
        if ($route === null && $this->settings->route && $this->queries->isAttached) {
            Parts::load(['PhalconServices']);
            [$route, $action] = PhalconServices::route();
        }
        if ($route === null) {
            Parts::load(['Route']);
            $route = Route::guess($this->server);
        }
        return [$route, $action];
    }

    /** Who asked, as far as the proxies in between are trusted. */
    public function client(): ?string
    {
        $peer = $this->server['REMOTE_ADDR'] ?? null;
        $forwardedFor = $this->server['HTTP_X_FORWARDED_FOR'] ?? '';
        if ($this->settings->trustedProxies === [] || $peer === null || $forwardedFor === '') {
            return $peer;
        }
        Parts::load(['Network']);
        return Network::client($this->settings->trustedProxies, $peer, $forwardedFor);
    }

    public function queueUs(): ?int
    {
        $stamp = $this->server['HTTP_X_REQUEST_START'] ?? '';
        if ($stamp === '') {
            return null;
        }
        Parts::load(['Queue']);
        return Queue::us($stamp, $this->startAtUs);
    }

    /** @param array<string, mixed>|null $lastError */
    private function reason(?array $lastError, int $endNs): ?string
    {
        if ($this->isForced) {
            return 'forced';
        }
        $isFatal = $lastError !== null && ($lastError['type'] & self::FATAL) !== 0;
        $status = \http_response_code();
        $hasFailed = $isFatal || $this->exception !== null || (\is_int($status) && $status >= 500);
        if ($this->settings->errors && $hasFailed) {
            return 'error';
        }
        if ($endNs - $this->startNs >= $this->settings->thresholdUs * 1000) {
            return 'slow';
        }
        return $this->isOneIn($this->settings->captureOneIn, 12) ? 'sampled' : null;
    }

    private function isTriggered(): bool
    {
        $given = $this->server['HTTP_X_BITVILLE_CAPTURE'] ?? $_COOKIE['bitville_capture'] ?? null;
        if (!\is_string($given)) {
            return false;
        }
        Parts::load(Parts::INBOUND);
        return Trigger::isValid($this->settings, $given, $this->clock->wallUs());
    }

    /** For the record; null if there is none. */
    private function reasonNotToProfile(): ?string
    {
        $settings = $this->settings;
        if ($settings->profile === 'off' || $this->isForced) {
            return null;
        }
        if (!$this->isOneIn($settings->profileOneIn, 0)) {
            return 'profile: not sampled';
        }
        if ($settings->profileUrls !== '' || $settings->profileUrlsExcept !== '') {
            $path = \explode('?', (string) ($this->server['REQUEST_URI'] ?? ''), 2)[0];
            if (($settings->profileUrls !== '' && \preg_match($settings->profileUrls, $path) !== 1)
                || ($settings->profileUrlsExcept !== '' && \preg_match($settings->profileUrlsExcept, $path) === 1)) {
                return 'profile: not for this URL';
            }
        }
        Parts::load(Parts::PROFILE);
        return (new Breaker($settings))->isOpen($this->clock->wallUs()) ? 'profile: breaker is open' : null;
    }

    /** @param int $offset which of the random bytes decide */
    private function isOneIn(int $number, int $offset): bool
    {
        return $number === 1 || ($number > 1 && \unpack('N', $this->random, $offset)[1] % $number === 0);
    }
}
