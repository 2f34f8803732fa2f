<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Picks the engine that measures functions, or says why none does.
 *
 * No engine starts beside an extension that hooks function calls itself, since two of them crash
 * workers. XHProf is preferred by `auto`: it counts every call. Excimer looks at the stack every few
 * milliseconds, which costs next to nothing and shows true stacks.
 *
 * @internal
 */
final class Profiler
{
    public const ENGINES = ['tideways_xhprof', 'xhprof', 'excimer'];

    /** What the listener's own functions are called in a profile. */
    public const OWN = 'Bitville';

    /** Extensions that hook function calls themselves. */
    public const HOOKING_EXTENSIONS = ['xdebug', 'tideways', 'newrelic', 'ddtrace', 'elastic_apm', 'blackfire'];

    /** Why there is no profile, for the record; null when there is one, or none was wanted. */
    public ?string $absence = null;

    /** Null when nothing runs. */
    private ?Engine $engine = null;

    private Settings $settings;

    public function __construct(Settings $settings)
    {
        $this->settings = $settings;
    }

    /** @param int $sinceStartUs how long the request has been running */
    public function start(int $sinceStartUs): void
    {
        foreach (self::HOOKING_EXTENSIONS as $extension) {
            if (\extension_loaded($extension)) {
                $this->absence = 'profile: ' . $extension . ' is loaded';
                return;
            }
        }
        $name = self::pick($this->settings->profile);
        if ($name === null) {
            $this->absence = 'profile: no extension that measures rightly here';
            return;
        }
        if ($name === 'excimer') {
            Parts::load(Parts::EXCIMER);
            $engine = new ExcimerEngine($this->settings, $sinceStartUs);
        } else {
            Parts::load(Parts::XHPROF);
            $engine = new XhprofEngine($this->settings, $name);
        }
        $this->absence = $engine->start();
        $this->engine = $this->absence === null ? $engine : null;
    }

    /** At the request's end, before anything is made of it. */
    public function freeze(): void
    {
        if ($this->engine !== null) {
            $this->engine->freeze();
        }
    }

    public function discard(): void
    {
        if ($this->engine !== null) {
            $this->engine->discard();
        }
    }

    /** Ends the measurement. What it found is {@see Profiler::profile()}'s. */
    public function stop(): void
    {
        if ($this->engine !== null && !$this->engine->stop()) {
            $this->absence = 'profile: ended by the application';
            $this->engine = null;
        }
    }

    /**
     * @return array<string, mixed>|null null when there is none, or it can't be made in time
     */
    public function profile(Deadline $deadline): ?array
    {
        try {
            return $this->engine === null ? null : $this->engine->profile($this->settings->edgesMax, $deadline);
        } catch (Skipped $late) {
            $this->absence = 'profile: took too long to fold';
            $this->engine = null;
            return null;
        }
    }

    public function costUs(): ?int
    {
        return $this->engine === null ? null : $this->engine->costUs();
    }

    /** Whether a function is the listener's; what stands in for PDO is the application's. */
    public static function isOwn(string $name): bool
    {
        return \strncmp($name, __NAMESPACE__ . '\\', 9) === 0 && \strncmp($name, __NAMESPACE__ . '\\Traced', 15) !== 0;
    }

    /** The engine that a setting means here, if it is there. */
    public static function pick(string $wanted): ?string
    {
        foreach (self::ENGINES as $engine) {
            // On PHP 8 tideways_xhprof 5.0 counts built-in functions twice and loses main(), so there
            // it has to be asked for by name.
            $isRight = $engine !== 'tideways_xhprof' || \PHP_MAJOR_VERSION < 8;
            $isWanted = $wanted === $engine || ($wanted === 'auto' && $isRight);
            $isThere = $engine === 'excimer'
                ? \class_exists('ExcimerProfiler', false)
                : \function_exists($engine . '_enable');
            if ($isWanted && $isThere) {
                return $engine;
            }
        }
        return null;
    }
}
