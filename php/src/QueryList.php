<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Which statements of a request are listed, and which are told as a number.
 *
 * - Of statements that differ in their values alone the first `sql_repeats_max` are listed, and later
 *   ones if they were slow, failed, or are among the first that took locks. The others are one group
 *   per shape: 5,000 queries of an N+1 are twenty lines and a number.
 * - At most `sql_queries_max` are listed. When the list is full, a slower statement takes the place of
 *   the fastest one, which joins its group. The first that took row locks keep their place: a lock's
 *   holder is often fast, and still the culprit.
 *
 * So each statement is either listed or in one group, and counts and times of both add up to all.
 *
 * @internal
 */
final class QueryList
{
    public const OTHER = '__other__';

    /** Shapes that are told apart, and texts whose shape is remembered. */
    private const GROUPS_MAX = 200;
    private const TEXTS_MAX = 1000;

    /** A listed statement in JSON, without its text. */
    private const QUERY_BYTES = 300;

    /** A longer text is known by its beginning. */
    private const SHAPE_BYTES_MAX = 4096;

    private int $max;
    private int $repeatsMax;

    /** @var array<int, Query> by number */
    private array $listed = [];

    /** Once the list is full: duration and number of those that may lose their place. */
    private ?\SplMinHeap $fastest = null;

    /** @var array<string, string> shape by text */
    private array $shapes = [];

    /** @var array<string, int> how many of a shape there were */
    private array $seen = [];

    /** @var array<string, array<string, int>> by shape */
    private array $groups = [];

    /** @param list<Query> $earlier */
    public function __construct(Settings $settings, array $earlier)
    {
        $this->max = $settings->sqlQueriesMax;
        $this->repeatsMax = $settings->sqlRepeatsMax;
        foreach ($earlier as $query) {
            $this->add($query);
        }
    }

    /** Takes one that is over. */
    public function add(Query $query): void
    {
        $isFirst = $this->see($query) <= $this->repeatsMax;
        if (!$isFirst && !$query->isSlow && !$query->isLocker && !$query->hasFailed) {
            $this->group($query);
        } elseif (\count($this->listed) < $this->max) {
            $this->insert($query);
        } else {
            $this->replaceFastest($query);
        }
    }

    /** What the listed ones will take in a record, roughly. */
    public function estimateBytes(): int
    {
        $bytes = 0;
        foreach ($this->listed as $query) {
            $bytes += self::QUERY_BYTES + \strlen($query->sql);
        }
        return $bytes;
    }

    /**
     * @param int $requestStartNs by the monotonic clock
     *
     * @return array{queries: list<array<string, mixed>>, repeated: list<array<string, mixed>>} in order of time
     */
    public function describe(int $requestStartNs, bool $showsLiterals): array
    {
        \ksort($this->listed);
        $queries = [];
        foreach ($this->listed as $query) {
            $queries[] = $query->describe($requestStartNs, $showsLiterals);
        }
        $repeated = [];
        foreach ($this->groups as $shape => $group) {
            $sinceStartUs = static function (int $ns) use ($requestStartNs): int {
                return \max(0, \intdiv($ns - $requestStartNs, 1000));
            };
            $repeated[] = [
                'sql' => (string) $shape,
                'count' => $group['count'],
                'failed' => $group['failed'],
                'total_us' => \intdiv($group['total_ns'], 1000),
                'longest_us' => \intdiv($group['longest_ns'], 1000),
                'first_start_us' => $sinceStartUs($group['first_start_ns']),
                'last_end_us' => $sinceStartUs($group['last_end_ns']),
            ];
        }
        return ['queries' => $queries, 'repeated' => $repeated];
    }

    /** @return int how many of its shape there were, itself included */
    private function see(Query $query): int
    {
        $shape = $this->shape($query->sql);
        if (!isset($this->seen[$shape]) && \count($this->seen) >= self::TEXTS_MAX) {
            // So many shapes are no repetition, whatever else they are.
            return 1;
        }
        return $this->seen[$shape] = ($this->seen[$shape] ?? 0) + 1;
    }

    private function shape(string $sql): string
    {
        if (isset($this->shapes[$sql])) {
            return $this->shapes[$sql];
        }
        $shape = Statement::shape(\substr($sql, 0, self::SHAPE_BYTES_MAX));
        if (\count($this->shapes) < self::TEXTS_MAX) {
            $this->shapes[$sql] = $shape;
        }
        return $shape;
    }

    private function group(Query $query): void
    {
        $shape = $this->shape($query->sql);
        if (!isset($this->groups[$shape]) && \count($this->groups) >= self::GROUPS_MAX) {
            $shape = self::OTHER;
        }
        $endNs = $query->startNs + $query->durationNs;
        $group = $this->groups[$shape] ?? [
            'count' => 0, 'failed' => 0, 'total_ns' => 0, 'longest_ns' => 0,
            'first_start_ns' => $query->startNs, 'last_end_ns' => $endNs,
        ];
        $group['count']++;
        $group['failed'] += $query->hasFailed ? 1 : 0;
        $group['total_ns'] += $query->durationNs;
        $group['longest_ns'] = \max($group['longest_ns'], $query->durationNs);
        $group['first_start_ns'] = \min($group['first_start_ns'], $query->startNs);
        $group['last_end_ns'] = \max($group['last_end_ns'], $endNs);
        $this->groups[$shape] = $group;
    }

    private function insert(Query $query): void
    {
        $this->listed[$query->number] = $query;
        if ($this->fastest !== null && !$query->isLocker) {
            $this->fastest->insert([$query->durationNs, $query->number]);
        }
    }

    private function replaceFastest(Query $query): void
    {
        if ($this->fastest === null) {
            $this->fastest = new \SplMinHeap();
            foreach ($this->listed as $number => $listed) {
                if (!$listed->isLocker) {
                    $this->fastest->insert([$listed->durationNs, $number]);
                }
            }
        }
        if ($this->fastest->isEmpty() || (!$query->isLocker && $this->fastest->top()[0] >= $query->durationNs)) {
            $this->group($query);
            return;
        }
        $number = $this->fastest->extract()[1];
        $this->group($this->listed[$number]);
        unset($this->listed[$number]);
        $this->insert($query);
    }
}
