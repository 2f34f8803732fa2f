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
 * - Beyond the bound, the functions with the least time become `__other__`, until the edges fit.
 *
 * @internal
 */
final class CallPairs
{
    public const OTHER = '__other__';

    private const OWN = 'Bitville';

    /** Above any index of a name; two indexes share one integer key. */
    private const INDEXES_MAX = 1 << 31;

    /** @var list<string> the measured values' keys in XHProf's map */
    private array $metrics;

    /** @var array<string, int> name to index */
    private array $names = [];

    /** @var array<int, list<int>> key made of parent and child => parent, child, metrics… */
    private array $edges = [];

    /**
     * @param array<string, array<string, int>> $pairs   the extension's map
     * @param list<string>                      $metrics its keys, `ct` and `wt` first
     */
    public function __construct(array $pairs, array $metrics)
    {
        $this->metrics = $metrics;
        $ownCalls = [];
        $callers = [];
        foreach ($pairs as $pair => $values) {
            // A name may itself contain the arrow only behind the first one (it is cut at 512 bytes).
            $ends = \explode('==>', (string) $pair, 2);
            $child = \array_pop($ends);
            if ($ends === []) {
                $this->connect(-1, $child, $values);
            } elseif (self::isOwn($ends[0])) {
                $ownCalls[] = [$child, $values];
            } else {
                $parent = $this->index($ends[0]);
                $callers[$parent] = true;
                $this->connect($parent, $child, $values);
            }
        }
        $this->connectOwn($ownCalls, $callers);
    }

    /**
     * @return array{names: list<string>, edges: list<list<int>>, folded_edges: int}
     */
    public function fold(int $edgesMax): array
    {
        $names = \array_map('strval', \array_keys($this->names));
        if (\count($this->edges) <= $edgesMax) {
            return ['names' => $names, 'edges' => \array_values($this->edges), 'folded_edges' => 0];
        }
        $ranks = $this->ranks($names);
        $keep = $this->countKeepable($ranks, $edgesMax);
        return $this->contract($names, $ranks, $keep);
    }

    /** @param array<string, int> $values */
    private function connect(int $parent, string $child, array $values): void
    {
        $edge = [$parent, $this->index(self::isOwn($child) ? self::OWN : $child)];
        foreach ($this->metrics as $metric) {
            $edge[] = $values[$metric] ?? 0;
        }
        self::add($this->edges, $edge);
    }

    /**
     * What the listener called: its own functions and those that call nothing further (hrtime, substr)
     * are part of it; only what goes on into the application's functions is an edge.
     *
     * @param list<array{0: string, 1: array<string, int>}> $calls   callee and values
     * @param array<int, true>                              $callers indexes of all that call something
     */
    private function connectOwn(array $calls, array $callers): void
    {
        foreach ($calls as [$child, $values]) {
            $index = $this->names[$child] ?? -1;
            if (isset($callers[$index]) && !self::isOwn($child)) {
                $this->connect($this->index(self::OWN), $child, $values);
            }
        }
    }

    private static function isOwn(string $name): bool
    {
        return \strncmp($name, __NAMESPACE__ . '\\', 9) === 0;
    }

    private function index(string $name): int
    {
        return $this->names[$name] ?? $this->names[$name] = \count($this->names);
    }

    /**
     * The place of each name's function, the one with the most time first. Recursion levels (`foo@1`)
     * share the place of their function, since its own time is the sum over all of them.
     *
     * @param list<string> $names
     *
     * @return list<int> by index of name
     */
    private function ranks(array $names): array
    {
        $functions = \array_map([self::class, 'withoutLevel'], $names);
        $times = \array_fill_keys($functions, 0);
        foreach ($this->edges as $edge) {
            // The root stays, whatever it says of itself.
            $times[$functions[$edge[1]]] += $edge[0] === -1 ? \PHP_INT_MAX >> 1 : $edge[3];
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
        foreach ($this->edges as [$parent, $child]) {
            $caller = $ranks[$parent] ?? -1;
            $callee = $ranks[$child];
            $changes[\max($caller, $callee) + 1]++;
            $lastCallee[$parent] = \max($lastCallee[$parent] ?? -1, $callee);
            $lastCaller[$child] = \max($lastCaller[$child] ?? -1, $caller);
        }
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
     * @param list<string> $names
     * @param list<int>    $ranks
     *
     * @return array{names: list<string>, edges: list<list<int>>, folded_edges: int}
     */
    private function contract(array $names, array $ranks, int $keep): array
    {
        $kept = [self::OTHER];
        $indexes = [-1 => -1];
        foreach ($names as $index => $name) {
            $indexes[$index] = $ranks[$index] < $keep ? \array_push($kept, $name) - 1 : 0;
        }
        $edges = [];
        $folded = 0;
        foreach ($this->edges as $edge) {
            $edge[0] = $indexes[$edge[0]];
            $edge[1] = $indexes[$edge[1]];
            $folded += $edge[0] === 0 || $edge[1] === 0 ? 1 : 0;
            if ($edge[0] !== 0 || $edge[1] !== 0) {
                self::add($edges, $edge);
            }
        }
        return ['names' => $kept, 'edges' => \array_values($edges), 'folded_edges' => $folded];
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
