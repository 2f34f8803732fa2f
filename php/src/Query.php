<?php

declare(strict_types=1);

namespace Bitville;

/**
 * One statement on its way: it is pending, then over. What can wait is worked out when somebody wants
 * to read it, since most are never read.
 *
 * @internal
 */
final class Query
{
    private const VALUES_MAX = 32;

    public int $number;
    public int $connection;
    public string $sql;
    public int $startNs;
    public int $durationNs = 0;
    public bool $isInTransaction;
    public ?int $backendPid;
    public bool $hasFailed = false;

    /** Whether it took `sql_caller_threshold` or longer. */
    public bool $isSlow = false;

    /** Whether it takes locks that others may wait for, and is one of the first that do. */
    public bool $isLocker = false;

    /** While it is pending: when another connection was first heard of. */
    public ?int $untilNs = null;

    /** @var array<string, string> `caller` and `caller_at`, where they are known */
    public array $caller = [];

    /** @var array<int|string, int|string> by name or place: a text's length, or what else it is */
    public array $binds = [];

    /** @var array<int|string, mixed> only if the site wants to see them */
    public array $values = [];

    public function __construct(
        int $number,
        int $connection,
        string $sql,
        int $startNs,
        bool $isInTransaction,
        ?int $backendPid
    ) {
        $this->number = $number;
        $this->connection = $connection;
        $this->sql = $sql;
        $this->startNs = $startNs;
        $this->isInTransaction = $isInTransaction;
        $this->backendPid = $backendPid;
    }

    /**
     * Notes what was bound. The values themselves are not kept: one of them may be a file.
     *
     * @param array<int|string, mixed> $values
     */
    public function bind(array $values, bool $keepsValues): void
    {
        $places = 0;
        foreach ($values as $name => $value) {
            if (++$places > self::VALUES_MAX) {
                return;
            }
            $this->binds[$name] = \is_string($value) ? \strlen($value) : \gettype($value);
            if ($keepsValues) {
                $this->values[$name] = \is_string($value) ? \substr($value, 0, 4 * Binds::VALUE_BYTES_MAX) : $value;
            }
        }
    }

    /**
     * @param int $requestStartNs by the monotonic clock
     *
     * @return array<string, mixed> as the protocol has it
     */
    public function describe(int $requestStartNs, bool $showsLiterals): array
    {
        $shape = $this->shape($requestStartNs, self::shown($this->sql, $showsLiterals));
        if ($this->binds !== []) {
            $shape['binds'] = Binds::types($this->binds);
        }
        if ($this->values !== []) {
            $shape['values'] = Binds::values($this->values);
        }
        return $shape;
    }

    /**
     * The same without what was bound, and with at most so much of its text.
     *
     * @return array<string, mixed>
     */
    public function brief(int $requestStartNs, bool $showsLiterals, int $bytesMax): array
    {
        // Literals go before it is cut, or they would take the place of words that tell more.
        $text = self::shown(\substr($this->sql, 0, 4 * $bytesMax), $showsLiterals);
        return $this->shape($requestStartNs, \substr($text, 0, $bytesMax));
    }

    private static function shown(string $sql, bool $showsLiterals): string
    {
        return $showsLiterals ? $sql : Statement::withoutLiterals($sql);
    }

    /** @return array<string, mixed> */
    private function shape(int $requestStartNs, string $sql): array
    {
        return [
            'start_us' => \max(0, \intdiv($this->startNs - $requestStartNs, 1000)),
            'duration_us' => \intdiv($this->durationNs, 1000),
            'sql' => $sql,
            'connection' => $this->connection,
            'failed' => $this->hasFailed,
            'in_transaction' => $this->isInTransaction,
            'backend_pid' => $this->backendPid,
        ] + $this->caller;
    }
}
