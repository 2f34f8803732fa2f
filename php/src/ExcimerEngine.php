<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Looks at the stack every `profile_period` with Excimer: true stacks, by wall time.
 *
 * A sample that falls into a wait (for the database, say) is taken when the wait is over, and counts
 * for as many periods as it lasted. Samples are handed over in portions while the request runs, so
 * that a long one has little left to do at its end; {@see Stacks} adds them up.
 *
 * @internal
 */
final class ExcimerEngine implements Engine
{
    /** Deeper ones are cut by the extension at their outer end, which it says with a frame of its own. */
    private const DEPTH_MAX = 200;

    /** A portion takes one or two milliseconds to add up, every three seconds by default. */
    private const PORTION_SAMPLES = 300;

    /**
     * A portion takes some ten KiB while it is added up, and the stacks in it may be new. What is left is only
     * known by the chunks of 2 MiB in which PHP takes memory.
     */
    private const PORTION_ROOM_BYTES = 2 * 1024 * 1024;

    /** What a sample costs: the signal, and the walk over a stack of usual depth (`scripts/bench php`). */
    private const SAMPLE_US = 5;

    private int $periodUs;

    private Stacks $stacks;

    private ?\ExcimerProfiler $profiler = null;

    /** @param int $sinceStartUs how long the request has been running */
    public function __construct(Settings $settings, int $sinceStartUs)
    {
        $this->periodUs = $settings->profilePeriodUs;
        $this->stacks = new Stacks($settings->profileIgnore, $settings->edgesMax, $sinceStartUs);
    }

    public function start(): ?string
    {
        $stacks = $this->stacks;
        $this->profiler = new \ExcimerProfiler();
        $this->profiler->setEventType(\EXCIMER_REAL);
        $this->profiler->setPeriod($this->periodUs / 1e6);
        $this->profiler->setMaxDepth(self::DEPTH_MAX);
        $this->profiler->setFlushCallback(static function ($log) use ($stacks): void {
            Silence::during(static function () use ($log, $stacks): void {
                $stacks->add($log, Memory::hasRoomFor(self::PORTION_ROOM_BYTES));
            });
        }, self::PORTION_SAMPLES);
        $this->profiler->start();
        return null;
    }

    public function freeze(): void
    {
        $this->profiler->stop();
    }

    public function stop(): bool
    {
        $this->freeze();
        $this->profiler->clearFlushCallback();
        return true;
    }

    public function discard(): void
    {
        $this->stop();
        // Without the callback, which would else be called when the object is let go, it empties the log.
        $this->profiler->flush();
    }

    public function profile(int $edgesMax, Deadline $deadline): array
    {
        $deadline->check('fold');
        $this->stacks->add($this->profiler->getLog(), true);
        return ['engine' => 'excimer', 'shape' => 'stacks', 'period_us' => $this->periodUs] + $this->stacks->shape();
    }

    public function costUs(): ?int
    {
        return $this->stacks->taken() * self::SAMPLE_US;
    }
}
