<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Starts and stops the profiling extension, whichever of the two is there.
 *
 * The two number their flags differently (1 skips builtins in one and measures CPU in the other),
 * so flags are always named. CPU is off unless asked for: it costs a system call per function.
 *
 * Does not start beside another extension that hooks function calls, since two of them crash
 * workers. Whether the application profiles itself can't be asked beforehand; if it ended our
 * profile, {@see Profiler::stop()} gives null and says so in {@see Profiler::$absence}.
 *
 * @internal
 */
final class Profiler
{
    private const HOOKING_EXTENSIONS = ['xdebug', 'tideways', 'newrelic', 'ddtrace', 'elastic_apm', 'blackfire'];

    /** Per engine: prefix of its functions, and its flags by what they measure. */
    private const ENGINES = [
        'tideways_xhprof' => [
            'prefix' => 'tideways_xhprof',
            'no_builtins' => 'TIDEWAYS_XHPROF_FLAGS_NO_BUILTINS',
            'cpu' => 'TIDEWAYS_XHPROF_FLAGS_CPU',
            'memory' => 'TIDEWAYS_XHPROF_FLAGS_MEMORY',
        ],
        'xhprof' => [
            'prefix' => 'xhprof',
            'no_builtins' => 'XHPROF_FLAGS_NO_BUILTINS',
            'cpu' => 'XHPROF_FLAGS_CPU',
            'memory' => 'XHPROF_FLAGS_MEMORY',
        ],
    ];

    /** What an edge carries: the extension's key to the protocol's name, in the protocol's order. */
    private const METRICS_ALWAYS = ['ct' => 'calls', 'wt' => 'wall_us'];
    private const METRICS_CPU = ['cpu' => 'cpu_us'];
    private const METRICS_MEMORY = ['mu' => 'memory_bytes', 'pmu' => 'peak_memory_bytes'];

    /** Why there is no profile, for the record; null when there is one, or none was wanted. */
    public ?string $absence = null;

    /** Null when nothing runs. */
    private ?string $engine = null;

    private Settings $settings;

    public function __construct(Settings $settings)
    {
        $this->settings = $settings;
    }

    public function start(): void
    {
        if ($this->settings->profile === 'off') {
            return;
        }
        foreach (self::HOOKING_EXTENSIONS as $extension) {
            if (\extension_loaded($extension)) {
                $this->absence = 'profile: ' . $extension . ' is loaded';
                return;
            }
        }
        $engine = $this->pick();
        if ($engine === null) {
            $this->absence = 'profile: no extension that measures rightly here';
            return;
        }
        $names = self::ENGINES[$engine];
        $flags = ($this->settings->profileBuiltins ? 0 : (int) \constant($names['no_builtins']))
            | ($this->settings->profileCpu ? (int) \constant($names['cpu']) : 0)
            | ($this->settings->profileMemory ? (int) \constant($names['memory']) : 0);
        $this->engine = $engine;
        ($names['prefix'] . '_enable')($flags);
    }

    /**
     * Ends the profile that {@see Profiler::start()} began; never another's.
     *
     * @return array<string, array<string, int>>|null
     */
    public function stop(): ?array
    {
        if ($this->engine === null) {
            return null;
        }
        $pairs = (self::ENGINES[$this->engine]['prefix'] . '_disable')();
        // Null or [] when it did not run any more: somebody else has ended and taken it.
        if (!\is_array($pairs) || $pairs === []) {
            $this->absence = 'profile: ended by the application';
            return null;
        }
        return $pairs;
    }

    public function engine(): string
    {
        return (string) $this->engine;
    }

    /** @return array<string, string> */
    public function metrics(): array
    {
        return self::METRICS_ALWAYS
            + ($this->settings->profileCpu ? self::METRICS_CPU : [])
            + ($this->settings->profileMemory ? self::METRICS_MEMORY : []);
    }

    private function pick(): ?string
    {
        $wanted = $this->settings->profile;
        foreach (self::ENGINES as $engine => $names) {
            // On PHP 8 tideways_xhprof 5.0 counts built-in functions twice and loses main(), so there
            // it has to be asked for by name.
            $isRight = $engine !== 'tideways_xhprof' || \PHP_MAJOR_VERSION < 8;
            $isWanted = $wanted === $engine || ($wanted === 'auto' && $isRight);
            if ($isWanted && \function_exists($names['prefix'] . '_enable')) {
                return $engine;
            }
        }
        return null;
    }
}
