<?php

declare(strict_types=1);

namespace Bitville;

/**
 * A profile as XHProf measures it, brought into the protocol's shape and under its bound.
 *
 * XHProf's map has keys `caller==>callee` and inclusive values. What a function took itself is the
 * sum of the edges into it minus the edges out of it, and over all functions that adds up to
 * `main()`. Whatever is left out must leave these sums as they are, so no edge is ever dropped.
 * Instead whole functions are *contracted* into one: edges between two of them vanish, edges
 * from or to the others are added up. For all functions that remain, inclusive and own time stay
 * exact; the one that they became has exactly what they had together.
 *
 * - The listener's own functions, with the built-in ones they call, become `Bitville`: what we cost
 *   stays visible, as one line.
 * - A function to be ignored is taken out where it has one caller: its callees become its caller's,
 *   as if it had been written into it. With several callers nobody knows which of them called what
 *   through it, so it stays. (PECL's xhprof leaves ignored functions out by itself.)
 * - Beyond the bound, the functions with the least time become `__other__`, until the edges fit.
 *
 * @internal
 */
final class CallPairs
{
    public const OTHER = '__other__';

    /** Stands for the index of a name where there is none. */
    private const ROOT = -1;
    private const UNSEEN = -2;

    /** The time is looked at once in so many edges, less one. */
    private const CHECK_MASK = 0x3ff;

    /** Above any index of a name: two indexes share one integer key. */
    private const INDEXES_MAX = 1 << 31;

    /** @var list<string> */
    private array $names = [];

    /** @var array<string, int> index by name as measured; the listener's functions share one */
    private array $indexes = [];

    private int $ownIndex = self::UNSEEN;

    /**
     * The edges, column by column, no two with the same ends: thousands of small arrays would not fit
     * into the processor's cache, and to walk over them is what takes the time.
     *
     * @var list<list<int>> indexes of parents, of children, then the metrics
     */
    private array $columns = [];

    private int $calls = 0;

    private Deadline $deadline;

    /**
     * @param array<string, array<string, int>> $pairs   the extension's map
     * @param list<string>                      $metrics its keys, `ct` and `wt` first
     * @param list<string>                      $ignore  functions to be left out
     *
     * @throws Skipped
     */
    public function __construct(array $pairs, array $metrics, array $ignore, Deadline $deadline)
    {
        $this->deadline = $deadline;
        $more = \array_slice($metrics, 2);
        $columns = [[], [], [], []] + \array_fill(4, \count($more), []);
        $fromOurs = [];
        $intoOurs = [];
        $callers = [];
        $seen = 0;
        // Without calls of our own where possible: this is the longest loop of a hand-over.
        foreach ($pairs as $pair => $values) {
            if ((++$seen & self::CHECK_MASK) === 0) {
                $deadline->check('fold');
            }
            // A name may itself contain the arrow, but only behind the first one: it is cut at 512 bytes.
            $ends = \explode('==>', (string) $pair, 2);
            $child = $ends[1] ?? $ends[0];
            $parentIndex = isset($ends[1]) ? $this->indexes[$ends[0]] ?? $this->index($ends[0]) : self::ROOT;
            if ($parentIndex === $this->ownIndex) {
                $fromOurs[] = [$child, $values];
                continue;
            }
            $callers[$parentIndex] = true;
            $this->calls += $values['ct'];
            $childIndex = $this->indexes[$child] ?? $this->index($child);
            if ($childIndex === $this->ownIndex) {
                self::add($intoOurs, self::edge($parentIndex, $childIndex, $values, $metrics));
                continue;
            }
            $columns[0][] = $parentIndex;
            $columns[1][] = $childIndex;
            $columns[2][] = $values['ct'];
            $columns[3][] = $values['wt'];
            foreach ($more as $offset => $metric) {
                $columns[4 + $offset][] = $values[$metric] ?? 0;
            }
        }
        $this->columns = $columns;
        $this->append($intoOurs);
        $this->append($this->outOfOurs($fromOurs, $callers, $metrics));
        foreach ($ignore as $name) {
            if (isset($this->indexes[$name])) {
                $this->takeOut($this->indexes[$name]);
            }
        }
    }

    /** All that were measured. */
    public function calls(): int
    {
        return $this->calls;
    }

    /**
     * @return array{names: list<string>, edges: list<list<int>>, folded_edges: int}
     *
     * @throws Skipped
     */
    public function fold(int $edgesMax): array
    {
        if (\count($this->columns[0]) <= $edgesMax) {
            return ['names' => $this->names, 'edges' => $this->edges(), 'folded_edges' => 0];
        }
        $ranks = $this->ranks();
        $this->deadline->check('fold');
        return $this->contract($ranks, $this->countKeepable($ranks, $edgesMax));
    }

    private function index(string $name): int
    {
        $isOwn = Profiler::isOwn($name);
        if ($isOwn && $this->ownIndex !== self::UNSEEN) {
            return $this->indexes[$name] = $this->ownIndex;
        }
        $index = \count($this->names);
        $this->names[] = $isOwn ? Profiler::OWN : $name;
        $this->ownIndex = $isOwn ? $index : $this->ownIndex;
        return $this->indexes[$name] = $index;
    }

    /**
     * Of what the listener called, its own functions and those that call nothing further (hrtime,
     * substr) are part of it; only what goes on into the application's functions is an edge.
     *
     * @param list<array{0: string, 1: array<string, int>}> $calls   callee and values
     * @param array<int, true>                              $callers indexes of all others that call something
     * @param list<string>                                  $metrics
     *
     * @return array<int, list<int>>
     */
    private function outOfOurs(array $calls, array $callers, array $metrics): array
    {
        $edges = [];
        foreach ($calls as [$child, $values]) {
            $index = $this->indexes[$child] ?? self::UNSEEN;
            if (isset($callers[$index])) {
                self::add($edges, self::edge($this->ownIndex, $index, $values, $metrics));
            }
        }
        return $edges;
    }

    /** Gives a function's edges to its caller, if that is one. */
    private function takeOut(int $index): void
    {
        $into = \array_keys($this->columns[1], $index, true);
        $caller = \count($into) === 1 ? $this->columns[0][$into[0]] : self::ROOT;
        if ($caller === self::ROOT || $caller === $index) {
            return;
        }
        $edges = [];
        foreach ($this->edges() as $place => $edge) {
            if ($place !== $into[0]) {
                $edge[0] = $edge[0] === $index ? $caller : $edge[0];
                self::add($edges, $edge);
            }
        }
        $this->columns = \array_fill(0, \count($this->columns), []);
        $this->append($edges);
    }

    /** @return list<list<int>> parent, child, metrics… */
    private function edges(): array
    {
        // Without a function this is PHP's way to turn columns into rows.
        return \array_map(null, ...$this->columns);
    }

    /** @param array<int, list<int>> $edges */
    private function append(array $edges): void
    {
        foreach ($edges as $edge) {
            foreach ($edge as $column => $value) {
                $this->columns[$column][] = $value;
            }
        }
    }

    /**
     * The place of each name's function, the one with the most time first. Recursion levels (`foo@1`)
     * share the place of their function, since its own time is the sum over all of them.
     *
     * @return list<int> by index of name
     */
    private function ranks(): array
    {
        $byName = \array_fill(0, \count($this->names), 0);
        [$parents, $children, , $wallUs] = $this->columns;
        foreach ($parents as $place => $parent) {
            // The root stays, whatever it says of itself.
            $byName[$children[$place]] += $parent === self::ROOT ? \PHP_INT_MAX >> 1 : $wallUs[$place];
        }
        $functions = \array_map([self::class, 'withoutLevel'], $this->names);
        $times = \array_fill_keys($functions, 0);
        foreach ($functions as $index => $function) {
            $times[$function] += $byName[$index];
        }
        \arsort($times);
        $places = \array_flip(\array_keys($times));
        return \array_map(static function (string $function) use ($places): int {
            return $places[$function];
        }, $functions);
    }

    /**
     * How many functions can be kept so that the edges do not exceed the bound.
     *
     * With the first k kept, there is each edge between two of them, one to `__other__` from each that
     * calls one not kept, and one from `__other__` to each that is called by one not kept. Each of
     * these is there for a range of k, so one pass over the edges counts them for all k.
     *
     * @param list<int> $ranks
     */
    private function countKeepable(array $ranks, int $edgesMax): int
    {
        $changes = \array_fill(0, \count($ranks) + 2, 0);
        $lastCallee = [];
        $lastCaller = [];
        $children = $this->columns[1];
        foreach ($this->columns[0] as $place => $parent) {
            $child = $children[$place];
            $caller = $ranks[$parent] ?? -1;
            $callee = $ranks[$child];
            $changes[($caller > $callee ? $caller : $callee) + 1]++;
            if ($callee > ($lastCallee[$parent] ?? -1)) {
                $lastCallee[$parent] = $callee;
            }
            if ($caller > ($lastCaller[$child] ?? -1)) {
                $lastCaller[$child] = $caller;
            }
        }
        $this->deadline->check('fold');
        foreach ([$lastCallee, $lastCaller] as $last) {
            foreach ($last as $index => $place) {
                $own = $ranks[$index] ?? $place;
                if ($place > $own) {
                    $changes[$own + 1]++;
                    $changes[$place + 1]--;
                }
            }
        }
        $keep = 0;
        for ($edges = 0, $k = 1; $k <= \count($ranks); $k++) {
            $edges += $changes[$k];
            $keep = $edges <= $edgesMax ? $k : $keep;
        }
        return $keep;
    }

    /**
     * Makes `__other__` of the functions from that place on, and numbers the names that remain anew.
     *
     * @param list<int> $ranks
     *
     * @return array{names: list<string>, edges: list<list<int>>, folded_edges: int}
     */
    private function contract(array $ranks, int $keep): array
    {
        $kept = [self::OTHER];
        $indexes = [self::ROOT => self::ROOT];
        foreach ($this->names as $index => $name) {
            $indexes[$index] = $ranks[$index] < $keep ? \array_push($kept, $name) - 1 : 0;
        }
        $edges = [];
        $joined = [];
        $folded = 0;
        $children = $this->columns[1];
        $metrics = \array_slice($this->columns, 2, null, true);
        foreach ($this->columns[0] as $place => $parent) {
            $parent = $indexes[$parent];
            $child = $indexes[$children[$place]];
            if ($parent !== 0 && $child !== 0) {
                // Still the only one with these ends.
                $edge = [$parent, $child];
                foreach ($metrics as $values) {
                    $edge[] = $values[$place];
                }
                $edges[] = $edge;
                continue;
            }
            $folded++;
            if ($parent === $child) {
                continue;
            }
            $key = $parent * self::INDEXES_MAX + $child;
            if (!isset($joined[$key])) {
                $joined[$key] = \array_merge([$parent, $child], \array_fill(0, \count($metrics), 0));
            }
            foreach ($metrics as $column => $values) {
                $joined[$key][$column] += $values[$place];
            }
        }
        \array_push($edges, ...\array_values($joined));
        return ['names' => $kept, 'edges' => $edges, 'folded_edges' => $folded];
    }

    /**
     * @param array<string, int> $values
     * @param list<string>       $metrics
     *
     * @return list<int>
     */
    private static function edge(int $parent, int $child, array $values, array $metrics): array
    {
        $edge = [$parent, $child];
        foreach ($metrics as $metric) {
            $edge[] = $values[$metric] ?? 0;
        }
        return $edge;
    }

    /**
     * @param array<int, list<int>> $edges
     * @param list<int>             $edge
     */
    private static function add(array &$edges, array $edge): void
    {
        $key = $edge[0] * self::INDEXES_MAX + $edge[1];
        if (!isset($edges[$key])) {
            $edges[$key] = $edge;
            return;
        }
        for ($metric = 2, $count = \count($edge); $metric < $count; $metric++) {
            $edges[$key][$metric] += $edge[$metric];
        }
    }

    private static function withoutLevel(string $name): string
    {
        $at = \strrpos($name, '@');
        return $at > 0 && \is_numeric(\substr($name, $at + 1)) ? \substr($name, 0, $at) : $name;
    }
}
