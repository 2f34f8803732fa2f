<?php
/**
 * The faults that can be asked for, each with what sets it off, who is to blame, and the sign by which one
 * sees that it really happened.
 */

declare(strict_types=1);

namespace Load;

final class Spike
{
    /** Below this nobody would call it a pile-up. */
    private const WAITING_AT_PEAK_MIN = 3;
    /** Fewer slow requests than that could be chance. */
    private const SLOW_MIN = 5;

    /** What the missing index was for. */
    private const INDEXES = [
        'order_line_sku' => 'CREATE INDEX order_line_sku ON order_line (sku)',
        'order_line_order' => 'CREATE INDEX order_line_order ON order_line (order_id)',
    ];

    /** How it begins, the route that suffers, how busy the shop is, and the culprit as a kind and a pattern. */
    private const ALL = [
        'lock-pile-up' => ['request /cron/reprice', 'POST /checkout', 1.0, 'lock_holder', '^POST /cron/reprice$'],
        'idle-in-transaction' => ['request /cron/export', 'POST /checkout', 1.0, 'lock_holder', '^POST /cron/export$'],
        'n-plus-one' => ['deploy', 'GET /', 1.5, 'statement', 'other\\.sku'],
        'missing-index' => ['indexes', 'GET /product/{}', 4.0, 'statement', 'other\\.sku'],
        'cpu-function' => ['deploy', 'GET /product/{}', 2.0, 'function', '^Shop\\\\Recommend::distance$'],
        'regex-backtracking' => ['deploy', 'GET /', 2.0, 'function', '^preg_match$'],
        'slow-outside-call' => ['deploy', 'GET /product/{}', 2.0, 'function', '^file_get_contents$'],
        'crawler-burst' => ['crawler', 'GET /search', 1.0, 'client|user_agent', '^(127\\.0\\.0\\.9|GreedyBot.*)$'],
        'quiet' => ['nothing', '', 1.0, '', ''],
    ];

    /** @var string */
    public $name;
    /** @var string */
    public $means;
    /** @var float how many times the usual customers come, before and during the fault alike */
    public $rate;
    /** @var string */
    public $kind;
    /** @var string */
    public $pattern;
    /** @var string */
    private $route;

    /**
     * @param array{string, string, float, string, string} $parts
     */
    private function __construct(string $name, array $parts)
    {
        $this->name = $name;
        [$this->means, $this->route, $this->rate, $this->kind, $this->pattern] = $parts;
    }

    public static function named(string $name): self
    {
        if (!isset(self::ALL[$name])) {
            $known = implode(', ', array_keys(self::ALL));
            throw new \InvalidArgumentException('--spike: ' . $known . ' are allowed, got "' . $name . '"');
        }

        return new self($name, self::ALL[$name]);
    }

    /**
     * The path of the request that is the fault itself, if it is one; then it lasts as long as that.
     */
    public function request(): ?string
    {
        return strncmp($this->means, 'request ', 8) === 0 ? substr($this->means, 8) : null;
    }

    public function begin(\PDO $database): void
    {
        if ($this->means === 'deploy') {
            file_put_contents(self::file(), $this->name . "\n");
        }
        if ($this->means === 'indexes') {
            foreach (array_keys(self::INDEXES) as $index) {
                $database->exec('DROP INDEX ' . $index);
            }
        }
    }

    public function end(\PDO $database): void
    {
        if ($this->means === 'deploy') {
            file_put_contents(self::file(), '');
        }
        if ($this->means === 'indexes') {
            foreach (self::INDEXES as $statement) {
                $database->exec($statement);
            }
        }
    }

    /**
     * Its route was slow, and of what waits for locks, sessions were seen waiting: one alone could be chance.
     */
    public function showed(Tally $tally): bool
    {
        if ($this->means === 'nothing') {
            return true;
        }
        $waited = $tally->waitingAtPeak() >= self::WAITING_AT_PEAK_MIN;
        $slow = $tally->slow($this->route);

        return $this->kind === 'lock_holder' ? $slow > 0 && $waited : $slow >= self::SLOW_MIN;
    }

    private static function file(): string
    {
        $file = getenv('SHOP_FAULT_FILE');
        if ($file === false || $file === '') {
            throw new \RuntimeException('the environment has no SHOP_FAULT_FILE');
        }

        return $file;
    }
}
