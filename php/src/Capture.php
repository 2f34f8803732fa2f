<?php

declare(strict_types=1);

namespace Bitville;

/**
 * One request being watched, from its begin to the hand-over of its record.
 *
 * While it runs only the profiler and {@see Queries} work. When it ends, the time is frozen first;
 * a request that was neither slow nor broken costs nothing more than that. For the others a record
 * is made and handed over before a deadline: every step is bounded, and asks for the time left
 * before it begins. What can't be done in time or memory is left out, silently for the application
 * and openly in the record (`listener.skipped`) or the trace file.
 *
 * @internal
 */
final class Capture
{
    public Settings $settings;
    public Queries $queries;
    public ?string $route = null;
    public ?string $action = null;

    private Clock $clock;
    private Profiler $profiler;
    private int $pid;
    private string $correlationId;

    /** @var array<string, mixed> `$_SERVER` */
    private array $server;

    /** When the request began, by the wall clock and by the monotonic one. */
    private int $startAtUs;
    private int $startNs;

    /** @var array<string, int> `getrusage()` */
    private array $usage;

    /** {@see Memory::RESERVE_BYTES} of nothing. */
    private string $reserve;

    /** When the listener's first instruction ran, and what it has cost since. */
    private int $beganNs;
    private int $selfNs = 0;

    /** @param array<string, mixed> $server */
    public function __construct(Settings $settings, Clock $clock, string $correlationId, array $server, int $beganNs)
    {
        $this->settings = $settings;
        $this->clock = $clock;
        $this->correlationId = $correlationId;
        $this->server = $server;
        $this->beganNs = $beganNs;
        $this->pid = (int) \getmypid();
        $this->usage = \getrusage() ?: [];
        $this->reserve = \str_repeat(' ', Memory::RESERVE_BYTES);
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
        $this->selfNs = $this->clock->monotonicNs() - $this->beganNs;
        $this->profiler->start();
    }

    /** @param array<string, mixed>|null $lastError `error_get_last()` */
    public function finish(?array $lastError): void
    {
        $this->reserve = '';
        $endNs = $this->clock->monotonicNs();
        $error = $this->settings->errors ? Request::fatal($lastError) : null;
        $isSlow = $endNs - $this->startNs >= $this->settings->thresholdUs * 1000;
        // A forked child ends like a request, but it is none: its parent tells the story.
        if ((!$isSlow && $error === null) || \getmypid() !== $this->pid) {
            // The profile is left to the extension, which frees it at the request's end: to fetch it
            // only to throw it away would be the dearest thing that a fast request does here.
            return;
        }
        $reason = $error !== null ? 'error' : 'slow';
        $bytes = 0;
        try {
            $deadline = new Deadline($this->clock, $endNs + $this->settings->budgetUs * 1000);
            $frame = $this->frame($reason, $error, $endNs, $deadline);
            $bytes = \strlen($frame);
            $outcome = Handover::send($this->settings->socket, $frame, $deadline);
        } catch (Skipped $skipped) {
            $outcome = 'skipped:' . $skipped->getMessage();
        } catch (\Throwable $unforeseen) {
            $outcome = 'skipped:internal';
        }
        if ($this->settings->traceFile !== '') {
            $selfUs = \intdiv($this->selfNs + $this->queries->selfNs + $this->clock->monotonicNs() - $endNs, 1000);
            $outline = [$this->correlationId, $reason, $outcome, $selfUs, $bytes];
            Trace::append($this->settings->traceFile, $this->clock->wallUs(), $outline);
        }
    }

    /**
     * @param array<string, mixed>|null $error
     *
     * @throws Skipped
     */
    private function frame(string $reason, ?array $error, int $endNs, Deadline $deadline): string
    {
        $skipped = [];
        $usage = \getrusage() ?: [];
        // Peaks first: from here on they would be ours.
        $memory = $this->settings->memory ? Memory::figures() : null;
        $sql = $this->settings->sql ? $this->queries->finish($endNs) : null;
        if ($this->queries->transactionsOmitted() > 0) {
            $skipped[] = 'sql: ' . $this->queries->transactionsOmitted() . ' transactions beyond the bound';
        }
        $isLean = !Memory::hasRoomFor(Memory::WHOLE_BYTES + Record::estimateBytes($sql) * Memory::COPIES);
        if ($isLean) {
            $skipped[] = 'profile, queries, variables: too near to memory_limit';
            $sql = Record::sumsOf($sql);
        }
        $profile = $isLean ? null : $this->profile($deadline, $skipped);

        $deadline->check('request');
        $request = new Request($this->settings, $this->server);
        $wantsVariables = $this->settings->variables && !$isLean;
        $body = ['correlation_id' => $this->correlationId, 'reason' => $reason]
            + $request->describe($this->route, $this->action)
            + ['variables' => $wantsVariables ? $request->variables($_GET, $_POST, $_COOKIE) : null]
            + ['wall_us' => \intdiv($endNs - $this->startNs, 1000), 'queue_us' => $request->queueUs($this->startAtUs)]
            + Request::cpu($this->usage, $usage)
            + ['memory' => $memory, 'error' => $error, 'sql' => $sql, 'profile' => $profile];
        $eventId = Uuid::v7($this->clock->wallUs(), \random_bytes(10));
        $record = new Record($this->settings->project, $this->settings->host, $eventId, $this->startAtUs, $body);
        $selfNs = $this->selfNs + $this->queries->selfNs + $this->clock->monotonicNs() - $endNs;
        return Frame::encode($record->json(\intdiv($selfNs, 1000), $skipped, $deadline));
    }

    /**
     * @param list<string> $skipped
     *
     * @return array<string, mixed>|null
     *
     * @throws Skipped
     */
    private function profile(Deadline $deadline, array &$skipped): ?array
    {
        $deadline->check('profile');
        $pairs = $this->profiler->stop();
        if ($this->profiler->absence !== null) {
            $skipped[] = $this->profiler->absence;
        }
        if ($pairs === null) {
            return null;
        }
        $deadline->check('fold');
        $metrics = $this->profiler->metrics();
        return [
            'engine' => $this->profiler->engine(),
            'shape' => 'call_pairs',
            'metrics' => \array_values($metrics),
        ] + (new CallPairs($pairs, \array_keys($metrics)))->fold($this->settings->edgesMax);
    }
}
