<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Measures every call with `tideways_xhprof` or PECL's `xhprof`: calls and time per pair of caller
 * and callee.
 *
 * The two number their flags differently (1 skips builtins in one and measures CPU in the other),
 * so flags are always named. CPU is off unless asked for: it costs a system call per function. Only
 * PECL's takes a list of functions to pass over; for the other {@see CallPairs} leaves them out.
 *
 * Neither tells whether a profile is running already, and to ask by ending it would be to take it.
 * But a profile that runs needs memory for each pair of functions that it meets for the first time,
 * which is how {@see XhprofEngine::isRunning()} knows.
 *
 * @internal
 */
final class XhprofEngine implements Engine
{
    private const FLAGS = [
        'tideways_xhprof' => [
            'no_builtins' => 'TIDEWAYS_XHPROF_FLAGS_NO_BUILTINS',
            'cpu' => 'TIDEWAYS_XHPROF_FLAGS_CPU',
            'memory' => 'TIDEWAYS_XHPROF_FLAGS_MEMORY',
        ],
        'xhprof' => [
            'no_builtins' => 'XHPROF_FLAGS_NO_BUILTINS',
            'cpu' => 'XHPROF_FLAGS_CPU',
            'memory' => 'XHPROF_FLAGS_MEMORY',
        ],
    ];

    /** What an edge carries: the extension's key to the protocol's name, in the protocol's order. */
    private const METRICS_ALWAYS = ['ct' => 'calls', 'wt' => 'wall_us'];
    private const METRICS_CPU = ['cpu' => 'cpu_us'];
    private const METRICS_MEMORY = ['mu' => 'memory_bytes', 'pmu' => 'peak_memory_bytes'];

    /** Enough calls to be measured, few enough to take some 20 microseconds. */
    private const CALIBRATION_CALLS = 100;
    private const CALIBRATION_ROUNDS = 3;

    private Settings $settings;

    private string $name;

    private int $flags;

    /** @var array<string, array<string, int>> */
    private array $pairs = [];

    private int $calls = 0;

    public function __construct(Settings $settings, string $name)
    {
        $this->settings = $settings;
        $this->name = $name;
        $flags = self::FLAGS[$name];
        $this->flags = ($settings->profileBuiltins ? 0 : (int) \constant($flags['no_builtins']))
            | ($settings->profileCpu ? (int) \constant($flags['cpu']) : 0)
            | ($settings->profileMemory ? (int) \constant($flags['memory']) : 0);
    }

    public function start(): ?string
    {
        if (self::isRunning()) {
            return 'profile: another one is running';
        }
        $this->enable();
        return null;
    }

    public function freeze(): void
    {
        // It can't be ended without fetching all that it has.
    }

    public function stop(): bool
    {
        $pairs = ($this->name . '_disable')();
        // Null or [] when it did not run any more: somebody else has ended and taken it.
        if (!\is_array($pairs) || $pairs === []) {
            return false;
        }
        $this->pairs = $pairs;
        return true;
    }

    public function discard(): void
    {
        // The profile is left to the extension, which frees it at the request's end: to fetch it only
        // to throw it away would be the dearest thing that a fast request does here.
    }

    public function profile(int $edgesMax, Deadline $deadline): array
    {
        $metrics = self::METRICS_ALWAYS
            + ($this->settings->profileCpu ? self::METRICS_CPU : [])
            + ($this->settings->profileMemory ? self::METRICS_MEMORY : []);
        $pairs = new CallPairs($this->pairs, \array_keys($metrics), $this->settings->profileIgnore, $deadline);
        $this->calls = $pairs->calls();
        return [
            'engine' => $this->name,
            'shape' => 'call_pairs',
            'metrics' => \array_values($metrics),
        ] + $pairs->fold($edgesMax);
    }

    /** All calls, times what one costs here and now. */
    public function costUs(): ?int
    {
        $without = self::loopNs();
        $this->enable();
        $with = self::loopNs();
        ($this->name . '_disable')();
        return \intdiv(\max(0, $with - $without) * $this->calls, 1000 * self::CALIBRATION_CALLS);
    }

    /** Whether the application, or something in front of it, is measuring already. */
    public static function isRunning(): bool
    {
        // What PHP itself allocates when a function runs for the first time must not count.
        self::step(0);
        self::probe(false);
        return self::probe(true) !== 0;
    }

    private function enable(): void
    {
        if ($this->name === 'xhprof' && $this->settings->profileIgnore !== []) {
            \xhprof_enable($this->flags, ['ignored_functions' => $this->settings->profileIgnore]);
            return;
        }
        ($this->name . '_enable')($this->flags);
    }

    /** The shortest of some rounds: whatever disturbs one makes it longer. */
    private static function loopNs(): int
    {
        $shortest = \PHP_INT_MAX;
        for ($round = 0; $round < self::CALIBRATION_ROUNDS; $round++) {
            $beganNs = \hrtime(true);
            for ($call = 0; $call < self::CALIBRATION_CALLS; $call++) {
                self::step($call);
            }
            $shortest = \min($shortest, \hrtime(true) - $beganNs);
        }
        return $shortest;
    }

    /** Bytes that were allocated meanwhile. */
    private static function probe(bool $calls): int
    {
        $before = \memory_get_usage();
        if ($calls) {
            self::step(1);
        }
        return \memory_get_usage() - $before;
    }

    /** Not a constant: opcache would leave the call out. */
    private static function step(int $number): int
    {
        return $number + 1;
    }
}
