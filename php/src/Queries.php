<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The statements and transactions of one request, told event by event, within bounds.
 *
 * Every statement is counted and timed; at most `sql_queries_max` are listed. When the list is
 * full, a slower statement takes the place of the fastest one. The first `sql_callers_max` that
 * take row locks keep their place: a lock's holder is often fast, and still the culprit.
 *
 * A statement that throws has no end event. It is closed as failed when its connection says the
 * next thing, or the request ends; it then lasted at most until the first event of any kind behind
 * it. No connection is held here: to keep one alive would be to change the application.
 *
 * @internal
 */
final class Queries
{
    /** The listener's own work on events. */
    public int $selfNs = 0;

    private Settings $settings;

    /** When the request started, by the monotonic clock. */
    private int $startNs;

    private int $count = 0;
    private int $failed = 0;
    private int $totalNs = 0;

    /** @var array<int, array<string, mixed>> listed statements by their number, in order */
    private array $listed = [];

    /** Once the list is full: duration and number of those that may lose their place. */
    private ?\SplMinHeap $fastest = null;

    /** @var array<int, true> numbers of the first statements that took row locks */
    private array $lockers = [];

    /** @var array<int, array{number: int, start_ns: int, until_ns: ?int, query: array<string, mixed>}> by connection */
    private array $pending = [];

    /** @var list<array{start_us: int, duration_us: ?int, end: string}> */
    private array $transactions = [];

    private int $transactionsOmitted = 0;

    /** @var array<int, int> connection to the index of its open transaction, -1 if that is not listed */
    private array $open = [];

    public function __construct(Settings $settings, int $startNs)
    {
        $this->settings = $settings;
        $this->startNs = $startNs;
    }

    /**
     * @param array{sql: string, in_transaction: bool, backend_pid: ?int} $query
     */
    public function begin(int $connection, int $nowNs, array $query): void
    {
        $this->settle($connection, $nowNs);
        $number = $this->count++;
        $query['in_transaction'] = $query['in_transaction'] || isset($this->open[$connection]);
        if (\count($this->lockers) < $this->settings->sqlCallersMax && self::locksRows($query['sql'])) {
            $this->lockers[$number] = true;
            $query += Caller::find();
        }
        if (\strlen($query['sql']) > $this->settings->sqlStatementMaxBytes) {
            $query['sql'] = \substr($query['sql'], 0, $this->settings->sqlStatementMaxBytes);
        }
        $this->pending[$connection] = ['number' => $number, 'start_ns' => 0, 'until_ns' => null, 'query' => $query];
    }

    /** Our own work before the statement is not part of it. */
    public function started(int $connection, int $nowNs): void
    {
        if (isset($this->pending[$connection])) {
            $this->pending[$connection]['start_ns'] = $nowNs;
        }
    }

    public function end(int $connection, int $nowNs): void
    {
        $this->noticeOthers($connection, $nowNs);
        $pending = $this->pending[$connection] ?? null;
        if ($pending === null) {
            return;
        }
        unset($this->pending[$connection]);
        // No bound needed: what walks the stack here has just waited a thousand times longer.
        if ($nowNs - $pending['start_ns'] >= $this->settings->sqlCallerThresholdUs * 1000) {
            $pending['query'] += Caller::find();
        }
        $this->close($connection, $pending, $nowNs, false);
    }

    /** A transaction's span ends when its end is asked for: what COMMIT itself takes can't be seen. */
    public function beginTransaction(int $connection, int $nowNs): void
    {
        $this->settle($connection, $nowNs);
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
    }

    /**
     * Closes what is still open; nothing may be told afterwards.
     *
     * @return array<string, mixed> the protocol's `sql`
     */
    public function finish(int $nowNs): array
    {
        foreach (\array_keys($this->pending) as $connection) {
            $this->settle($connection, $nowNs);
        }
        foreach ($this->open as $index) {
            if ($index >= 0) {
                $this->closeTransaction($index, $nowNs, 'open');
            }
        }
        $this->open = [];
        \ksort($this->listed);
        return [
            'count' => $this->count,
            'failed' => $this->failed,
            'total_us' => \intdiv($this->totalNs, 1000),
            'omitted' => $this->count - \count($this->listed),
            'transactions' => $this->transactions,
            'queries' => \array_values($this->listed),
        ];
    }

    public function transactionsOmitted(): int
    {
        return $this->transactionsOmitted;
    }

    /** Closes a statement of this connection that has had no end: it threw. */
    private function settle(int $connection, int $nowNs): void
    {
        $this->noticeOthers($connection, $nowNs);
        $pending = $this->pending[$connection] ?? null;
        if ($pending !== null) {
            unset($this->pending[$connection]);
            $this->close($connection, $pending, $pending['until_ns'] ?? $nowNs, true);
        }
    }

    /**
     * Statements of other connections that have had no end yet ended before now, if they threw. They
     * stay pending: another listener may work in between, and then their end is still to come.
     */
    private function noticeOthers(int $connection, int $nowNs): void
    {
        foreach ($this->pending as $other => $pending) {
            if ($other !== $connection && $pending['until_ns'] === null) {
                $this->pending[$other]['until_ns'] = $nowNs;
            }
        }
    }

    /** @param array{number: int, start_ns: int, until_ns: ?int, query: array<string, mixed>} $pending */
    private function close(int $connection, array $pending, int $endNs, bool $failed): void
    {
        $durationNs = \max(0, $endNs - $pending['start_ns']);
        $this->totalNs += $durationNs;
        $this->failed += $failed ? 1 : 0;
        $this->list($pending['number'], \intdiv($durationNs, 1000), [
            'start_us' => $this->sinceStartUs($pending['start_ns']),
            'duration_us' => \intdiv($durationNs, 1000),
            'sql' => $pending['query']['sql'],
            'connection' => $connection,
            'failed' => $failed,
        ] + $pending['query']);
    }

    /** @param array<string, mixed> $query */
    private function list(int $number, int $durationUs, array $query): void
    {
        $isLocker = isset($this->lockers[$number]);
        if (\count($this->listed) >= $this->settings->sqlQueriesMax) {
            $this->fastest = $this->fastest ?? $this->rankListed();
            if ($this->fastest->isEmpty() || (!$isLocker && $this->fastest->top()[0] >= $durationUs)) {
                return;
            }
            unset($this->listed[$this->fastest->extract()[1]]);
        }
        $this->listed[$number] = $query;
        if ($this->fastest !== null && !$isLocker) {
            $this->fastest->insert([$durationUs, $number]);
        }
    }

    private function rankListed(): \SplMinHeap
    {
        $heap = new \SplMinHeap();
        foreach (\array_diff_key($this->listed, $this->lockers) as $number => $query) {
            $heap->insert([$query['duration_us'], $number]);
        }
        return $heap;
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

    /**
     * Whether a statement takes locks that others may wait for, by its words.
     */
    private static function locksRows(string $sql): bool
    {
        if (\preg_match('/^[\s(]*(?:insert|update|delete|merge|lock)\b/i', $sql) === 1) {
            return true;
        }
        // The lock clause stands at the end; WITH may hide any of them anywhere.
        return \preg_match('/\bfor\s+(?:no\s+key\s+)?(?:update|(?:key\s+)?share)\b/i', \substr($sql, -256)) === 1
            || \preg_match('/^\s*with\b.*\b(?:insert\s+into|update|delete\s+from)\b/is', \substr($sql, 0, 4096)) === 1;
    }
}
