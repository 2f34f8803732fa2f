<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The statements and transactions of one request, told event by event. Each is counted and timed;
 * {@see QueryList} decides what becomes of it.
 *
 * Beside that the few are kept at hand that tell most if there is no time to tell all: the longest, and
 * those that took the locks which were held longest.
 *
 * A statement that throws has no end event where Phalcon tells. It is closed as failed when its
 * connection says the next thing, or the request ends; it then lasted at most until the first event of
 * any kind behind it. No connection is held here: to keep one alive would be to change the application.
 *
 * @internal
 */
final class Queries
{
    /** The listener's own work on events. */
    public int $selfNs = 0;

    /** Whether anything is watched. */
    public bool $isAttached = false;

    /** A lock is seldom of more: whoever updates a thousand rows does it with one text. */
    private const HOLDERS_MAX = 3;

    private Settings $settings;

    /** When the request started, by the monotonic clock. */
    private int $startNs;

    private int $slowNs;

    /** @var list<Query> those that are over, while they are so few that none can repeat itself too often */
    private array $few = [];

    private ?QueryList $list = null;

    private int $count = 0;
    private int $failed = 0;
    private int $totalNs = 0;
    private int $lockers = 0;

    /** @var array<int, Query> by connection */
    private array $pending = [];

    /** @var list<array{start_us: int, duration_us: int, end: string}> */
    private array $transactions = [];

    private int $transactionsOmitted = 0;

    /** @var array<int, int> connection to the index of its open transaction, -1 if that is not listed */
    private array $open = [];

    private ?Query $longest = null;

    /** @var array<int, list<Query>> by connection: the first that took locks in its open transaction */
    private array $holding = [];

    /** @var list<Query> the same of the transaction that is over and held them longest */
    private array $held = [];

    private int $heldNs = 0;

    /** The index of that transaction, -1 if it is not listed. */
    private int $heldIn = -1;

    public function __construct(Settings $settings, int $startNs)
    {
        $this->settings = $settings;
        $this->startNs = $startNs;
        $this->slowNs = $settings->sqlCallerThresholdUs * 1000;
    }

    /**
     * A statement is about to run.
     *
     * @return Query what else is known of it may be told to this
     */
    public function begin(int $connection, int $nowNs, string $sql, ?int $backendPid): Query
    {
        if ($this->pending !== []) {
            $this->settle($connection, $nowNs);
        }
        $query = new Query($this->count++, $connection, $sql, $nowNs, isset($this->open[$connection]), $backendPid);
        if ($this->lockers < $this->settings->sqlCallersMax && Statement::locksRows($sql)) {
            $this->lockers++;
            $query->isLocker = true;
            $query->caller = Caller::find();
        }
        if (\strlen($sql) > $this->settings->sqlStatementMaxBytes) {
            $query->sql = \substr($sql, 0, $this->settings->sqlStatementMaxBytes);
        }
        return $this->pending[$connection] = $query;
    }

    /** @return Query|null null if its begin was not told */
    public function end(int $connection, int $nowNs): ?Query
    {
        if (\count($this->pending) > 1) {
            $this->noticeOthers($connection, $nowNs);
        }
        $query = $this->pending[$connection] ?? null;
        if ($query !== null) {
            unset($this->pending[$connection]);
            $this->close($query, $nowNs);
            // No bound needed: what walks the stack here has just waited a thousand times longer.
            if ($query->isSlow && $query->caller === []) {
                $query->caller = Caller::find();
            }
        }
        return $query;
    }

    /** For those who learn that it failed when it does. */
    public function fail(int $connection, int $nowNs): void
    {
        $this->settle($connection, $nowNs);
    }

    /** Whether values that are bound are wanted, beside their types. */
    public function keepsValues(): bool
    {
        return $this->settings->sqlValues;
    }

    /** A transaction's span ends when its end is asked for: what COMMIT itself takes can't be seen. */
    public function beginTransaction(int $connection, int $nowNs): void
    {
        // One that is still open here never began: BEGIN itself failed.
        $this->endTransaction($connection, $nowNs, 'rollback');
        if (\count($this->transactions) >= $this->settings->sqlQueriesMax) {
            $this->transactionsOmitted++;
            $this->open[$connection] = -1;
            return;
        }
        $this->open[$connection] = \count($this->transactions);
        $this->transactions[] = ['start_us' => $this->sinceStartUs($nowNs), 'duration_us' => 0, 'end' => 'open'];
    }

    /** @param string $end `commit` or `rollback` */
    public function endTransaction(int $connection, int $nowNs, string $end): void
    {
        $this->settle($connection, $nowNs);
        $index = $this->open[$connection] ?? -1;
        unset($this->open[$connection]);
        if ($index >= 0) {
            $this->closeTransaction($index, $nowNs, $end);
        }
        if (isset($this->holding[$connection])) {
            $this->release($connection, $nowNs, $index);
        }
    }

    /** Closes what is still open; nothing may be told afterwards. */
    public function finish(int $nowNs): void
    {
        foreach (\array_keys($this->pending) as $connection) {
            $this->settle($connection, $nowNs);
        }
        foreach ($this->open as $index) {
            if ($index >= 0) {
                $this->closeTransaction($index, $nowNs, 'open');
            }
        }
        foreach (\array_keys($this->holding) as $connection) {
            $this->release($connection, $nowNs, $this->open[$connection] ?? -1);
        }
        $this->open = [];
    }

    /** @return array<string, mixed> the protocol's `sql`, after it was finished */
    public function describe(): array
    {
        $list = $this->list()->describe($this->startNs, $this->settings->sqlLiterals);
        return [
            'count' => $this->count,
            'failed' => $this->failed,
            'total_us' => $this->totalUs(),
            'omitted' => $this->count - \count($list['queries']),
            'transactions' => $this->transactions,
        ] + $list;
    }

    /**
     * The few that tell most, after it was finished, and the transaction whose locks were held longest.
     *
     * @return array{queries: list<Query>, transactions: list<array{start_us: int, duration_us: int, end: string}>}
     *     the first to take those locks first, then the longest
     */
    public function gist(): array
    {
        $few = $this->held;
        if ($this->longest !== null && !\in_array($this->longest, $few, true)) {
            \array_splice($few, 1, 0, [$this->longest]);
        }
        $transaction = $this->transactions[$this->heldIn] ?? null;
        return ['queries' => $few, 'transactions' => $transaction === null ? [] : [$transaction]];
    }

    public function failed(): int
    {
        return $this->failed;
    }

    public function count(): int
    {
        return $this->count;
    }

    public function totalUs(): int
    {
        return \intdiv($this->totalNs, 1000);
    }

    /** What the listed ones will take in a record, roughly. */
    public function estimateBytes(): int
    {
        return $this->list()->estimateBytes();
    }

    public function transactionsOmitted(): int
    {
        return $this->transactionsOmitted;
    }

    /** Closes a statement of this connection that has had no end: it threw. */
    private function settle(int $connection, int $nowNs): void
    {
        $this->noticeOthers($connection, $nowNs);
        $query = $this->pending[$connection] ?? null;
        if ($query !== null) {
            unset($this->pending[$connection]);
            $query->hasFailed = true;
            $this->close($query, $query->untilNs ?? $nowNs);
        }
    }

    /**
     * Statements of other connections that have had no end yet ended before now, if they threw. They
     * stay pending: another listener may work in between, and then their end is still to come.
     */
    private function noticeOthers(int $connection, int $nowNs): void
    {
        foreach ($this->pending as $other => $query) {
            if ($other !== $connection && $query->untilNs === null) {
                $query->untilNs = $nowNs;
            }
        }
    }

    private function close(Query $query, int $endNs): void
    {
        $query->durationNs = $endNs > $query->startNs ? $endNs - $query->startNs : 0;
        $query->isSlow = $query->durationNs >= $this->slowNs;
        $this->totalNs += $query->durationNs;
        if ($this->longest === null || $query->durationNs > $this->longest->durationNs) {
            $this->longest = $query;
        }
        if ($query->hasFailed) {
            $this->failed++;
        } elseif ($query->isLocker && $query->isInTransaction) {
            $this->hold($query);
        }
        if ($this->list !== null) {
            $this->list->add($query);
        } elseif (\count($this->few) < $this->settings->sqlRepeatsMax) {
            $this->few[] = $query;
        } else {
            $this->list()->add($query);
        }
    }

    /** Notes one whose locks stay until its transaction ends. */
    private function hold(Query $query): void
    {
        $known = $this->holding[$query->connection] ?? [];
        foreach ($known as $earlier) {
            if ($earlier->sql === $query->sql) {
                return;
            }
        }
        if (\count($known) < self::HOLDERS_MAX) {
            $this->holding[$query->connection][] = $query;
        }
    }

    private function release(int $connection, int $nowNs, int $index): void
    {
        $holding = $this->holding[$connection];
        unset($this->holding[$connection]);
        $heldNs = $nowNs - $holding[0]->startNs - $holding[0]->durationNs;
        if ($this->held === [] || $heldNs > $this->heldNs) {
            $this->held = $holding;
            $this->heldNs = $heldNs;
            $this->heldIn = $index;
        }
    }

    private function list(): QueryList
    {
        if ($this->list === null) {
            Parts::load(Parts::LIST);
            $this->list = new QueryList($this->settings, $this->few);
            $this->few = [];
        }
        return $this->list;
    }

    private function closeTransaction(int $index, int $nowNs, string $end): void
    {
        $this->transactions[$index]['duration_us']
            = \max(0, $this->sinceStartUs($nowNs) - $this->transactions[$index]['start_us']);
        $this->transactions[$index]['end'] = $end;
    }

    private function sinceStartUs(int $nowNs): int
    {
        return \max(0, \intdiv($nowNs - $this->startNs, 1000));
    }
}
