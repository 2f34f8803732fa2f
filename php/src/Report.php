<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Makes the record of a request that ended, and hands it over before a deadline.
 *
 * Every step is bounded, and asks for the time left before it begins. What can't be done in time or
 * memory is left out, silently for the application and openly in the record (`listener.skipped`) or
 * the trace file.
 *
 * @internal
 */
final class Report
{
    /** The share of the budget that the profile leaves to all that follows. */
    private const REST_OF_TENTHS = 3;

    /** After these steps the collector may have the whole record. */
    private const UNSURE = ['answer', 'budget_answer', 'select'];

    private Capture $capture;
    private Settings $settings;
    private Clock $clock;
    private string $reason;
    private int $endNs;

    private ?int $profilerUs = null;

    /** @var list<string> */
    private array $skipped = [];

    public function __construct(Capture $capture, string $reason, int $endNs)
    {
        $this->capture = $capture;
        $this->settings = $capture->settings;
        $this->clock = $capture->clock;
        $this->reason = $reason;
        $this->endNs = $endNs;
    }

    /**
     * @param array<string, mixed>|null $lastError `error_get_last()`
     *
     * @return string|null why nobody can have the record, if that is sure
     */
    public function handOver(?array $lastError, ?Backends $backends): ?string
    {
        $bytes = 0;
        $lost = null;
        try {
            $deadline = new Deadline($this->clock, $this->endNs + $this->settings->budgetUs * 1000);
            $record = $this->record($lastError, $backends, $deadline);
            $listener = $this->listener();
            $frame = Frame::encode($record->json($listener, $deadline));
            $bytes = \strlen($frame);
            $handover = new Handover($this->settings, new Breaker($this->settings), $this->clock);
            $outcome = $handover->send($frame, static function () use ($record, $listener): string {
                return Frame::encode($record->lean($listener));
            }, \random_bytes(8), $deadline);
        } catch (Skipped $skipped) {
            $why = $skipped->getMessage();
            $outcome = 'skipped:' . $why;
            $lost = \in_array($why, self::UNSURE, true) ? null : $why;
        } catch (\Throwable $unforeseen) {
            $outcome = 'skipped:internal';
            $lost = 'internal';
        }
        if ($this->settings->traceFile !== '') {
            $outline = [$this->capture->correlationId, $this->reason, $outcome, $this->selfUs(), $bytes];
            Trace::append($this->settings->traceFile, $this->clock->wallUs(), $outline);
        }
        return $lost;
    }

    /**
     * @param array<string, mixed>|null $lastError
     *
     * @throws Skipped
     */
    private function record(?array $lastError, ?Backends $backends, Deadline $deadline): Record
    {
        $capture = $this->capture;
        // Peaks and sums first: from here on they would be ours.
        $usage = \getrusage() ?: [];
        $memory = $this->settings->memory ? Memory::figures() : null;
        $capture->queries->finish($this->endNs);
        $isLean = !Memory::hasRoomFor(Memory::WHOLE_BYTES + $capture->queries->estimateBytes() * Memory::COPIES);
        if ($isLean) {
            $capture->profiler->discard();
            $this->skipped[] = 'profile, queries, variables: too near to memory_limit';
        }
        $profile = $isLean ? null : $this->profile($deadline);
        $deadline->check('sql');
        $sql = $this->sql($backends, $isLean);

        $deadline->check('request');
        $request = new Request($this->settings, $capture->server);
        [$route, $action] = $capture->route();
        $wantsVariables = $this->settings->variables && !$isLean;
        $head = ['correlation_id' => $capture->correlationId, 'reason' => $this->reason]
            + $request->describe($route, $action, $capture->client())
            + ['variables' => $wantsVariables ? $request->variables($_GET, $_POST, $_COOKIE) : null]
            + ['session' => $this->settings->session ? Request::session($_COOKIE) : null]
            + $request->sizes($_FILES)
            + ['wall_us' => \intdiv($this->endNs - $capture->startNs, 1000), 'queue_us' => $capture->queueUs()]
            + ['cpu_user_us' => Usage::userUs($capture->usage, $usage)]
            + ['cpu_system_us' => Usage::systemUs($capture->usage, $usage)]
            + ['memory' => $memory, 'runtime' => $this->settings->runtime ? Runtime::describe() : null]
            + ['error' => Request::fatal($lastError) ?? Request::fault($capture->exception, Request::status())];
        $eventId = Uuid::v7($this->clock->wallUs(), \random_bytes(10));
        $project = $this->settings->project;
        return new Record($project, $this->settings->host, $eventId, $capture->startAtUs, $head, $sql, $profile);
    }

    /**
     * @return array<string, mixed>|null
     *
     * @throws Skipped
     */
    private function profile(Deadline $deadline): ?array
    {
        $deadline->check('profile');
        $profiler = $this->capture->profiler;
        $profiler->stop();
        // A profile that is too large must not cost the rest of the record.
        $patience = $deadline->before(\intdiv($this->settings->budgetUs * self::REST_OF_TENTHS, 10));
        $profile = $profiler->profile($patience);
        if ($profiler->absence !== null) {
            $this->skipped[] = $profiler->absence;
        }
        $deadline->check('calibrate');
        $this->profilerUs = $profiler->costUs();
        return $profile;
    }

    /** @return array<string, mixed>|null */
    private function sql(?Backends $backends, bool $isLean): ?array
    {
        if (!$this->settings->sql) {
            return null;
        }
        $queries = $this->capture->queries;
        if ($queries->transactionsOmitted() > 0) {
            $this->skipped[] = 'sql: ' . $queries->transactionsOmitted() . ' transactions beyond the bound';
        }
        if (!$queries->isAttached && PhalconServices::areThere()) {
            $this->skipped[] = 'sql: nothing attached; call Bitville\Listener::attach($di)';
        }
        $sql = $queries->describe() + ['connections' => $backends === null ? [] : $backends->describe()];
        return $isLean ? Record::sumsOf($sql) : $sql;
    }

    /** @return array<string, mixed> */
    private function listener(): array
    {
        return [
            'self_us' => $this->selfUs(),
            'profiler_us' => $this->profilerUs,
            'skipped' => $this->skipped,
        ];
    }

    /** The listener's own time, until now. */
    private function selfUs(): int
    {
        $sinceEndNs = $this->clock->monotonicNs() - $this->endNs;
        return \intdiv($this->capture->selfNs + $this->capture->queries->selfNs + $sinceEndNs, 1000);
    }
}
