<?php
/**
 * One fault at work: sets it off, goes on with it, takes it back, and knows the sign by which one sees that it
 * really happened.
 */

declare(strict_types=1);

namespace Load;

final class Spike
{
    /** Below this nobody would call it a pile-up. */
    private const WAITING_AT_PEAK_MIN = 3;
    /** Fewer slow or failed requests than that could be chance. */
    private const REQUESTS_MIN = 5;
    /** PHP does not keep what is younger than two seconds. */
    private const TOUCH_EVERY_S = 1.0;

    /** @var string */
    public $name;
    /** @var float how many times the usual customers come, before and during the fault alike */
    public $rate;
    /** @var string */
    public $kind;
    /** @var string */
    public $pattern;
    /** @var array<string, mixed> as Faults has it */
    private $fault;
    /** @var float */
    private $nextTouchAt = 0.0;

    /**
     * @param array<string, mixed> $fault
     */
    private function __construct(string $name, array $fault)
    {
        $this->name = $name;
        $this->fault = $fault;
        $this->rate = $fault['rate'];
        $this->kind = $fault['kind'];
        $this->pattern = $fault['pattern'];
    }

    public static function named(string $name): self
    {
        return new self($name, Faults::named($name));
    }

    /**
     * Whether it sends a request of which the fault consists; then it lasts as long as that.
     */
    public function isRequest(): bool
    {
        return in_array(0.0, array_column($this->fault['sends'], 1), true);
    }

    /**
     * Its requests that fall due in (after, until], in seconds from its begin.
     *
     * @return array<int, array{bool, string, string, string}> whether it is sent only once, method, path, session
     */
    public function due(float $after, float $until): array
    {
        $due = [];
        foreach ($this->fault['sends'] as [$at, $every, $method, $path, $session]) {
            for ($times = self::times($at, $every, $until) - self::times($at, $every, $after); $times > 0; $times--) {
                $due[] = [$every === 0.0, $method, $path, $session];
            }
        }

        return $due;
    }

    /** Whether nothing of what it sends once is still to come. */
    public function hasSentAll(float $elapsed): bool
    {
        foreach ($this->fault['sends'] as [$at, $every]) {
            if ($every === 0.0 && $at > $elapsed) {
                return false;
            }
        }

        return true;
    }

    public function prepare(\PDO $database): void
    {
        self::execute($database, $this->fault['prepares']);
    }

    public function begin(\PDO $database): void
    {
        if ($this->fault['deploys']) {
            file_put_contents(self::setting('SHOP_FAULT_FILE'), $this->name . "\n");
        }
        if ($this->fault['expires']) {
            foreach (self::files(self::setting('SHOP_CACHE_DIR'), 'cache') as $file) {
                touch($file, 0);
            }
        }
        self::execute($database, $this->fault['begins']);
    }

    public function goOn(float $now): void
    {
        if ($this->fault['touches'] && $now >= $this->nextTouchAt) {
            $this->nextTouchAt = $now + self::TOUCH_EVERY_S;
            foreach (self::files(self::setting('SHOP_APP_DIR'), 'php') as $file) {
                touch($file);
            }
        }
    }

    public function end(\PDO $database): void
    {
        if ($this->fault['deploys']) {
            file_put_contents(self::setting('SHOP_FAULT_FILE'), '');
        }
        self::execute($database, $this->fault['ends']);
    }

    /**
     * Its route was slow, or failed; and of what waits for locks, sessions were seen waiting: one alone could be
     * chance.
     */
    public function showed(Tally $tally): bool
    {
        $route = $this->fault['suffers'];
        if ($route === '') {
            return true;
        }
        switch ($this->fault['sign']) {
            case 'waits':
                return $tally->slow($route) > 0 && $tally->waitingAtPeak() >= self::WAITING_AT_PEAK_MIN;
            case 'fails':
                return $tally->failed($route) >= self::REQUESTS_MIN;
            case 'long':
                return $tally->slow($route) > 0;
            default:
                return $tally->slow($route) >= self::REQUESTS_MIN;
        }
    }

    /** How often something was due by then. */
    private static function times(float $at, float $every, float $by): int
    {
        if ($by < $at) {
            return 0;
        }

        return $every === 0.0 ? 1 : 1 + (int) floor(($by - $at) / $every);
    }

    /**
     * @param array<int, string> $statements
     */
    private static function execute(\PDO $database, array $statements): void
    {
        foreach ($statements as $statement) {
            $database->exec($statement);
        }
    }

    /**
     * @return array<int, string> all files below a folder that end so
     */
    private static function files(string $folder, string $extension): array
    {
        $files = [];
        $all = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($folder, \FilesystemIterator::SKIP_DOTS));
        foreach ($all as $file) {
            if ($file->getExtension() === $extension) {
                $files[] = $file->getPathname();
            }
        }

        return $files;
    }

    private static function setting(string $name): string
    {
        $value = getenv($name);
        if ($value === false || $value === '') {
            throw new \RuntimeException('the environment has no ' . $name);
        }

        return $value;
    }
}
