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
        $functions = \array_map([self::class, 'withoutLevel'], $names);
        $ranking = $this->ranking($functions);
        // Every function that is kept has an edge into it, so more than the bound can't fit.
        $keep = \min(\count($ranking), $edgesMax);
        do {
            $kept = \array_slice($ranking, 0, $keep, true);
            $edges = $this->contracted($functions, $kept);
            // Edges grow at least as fast as functions, so this guess is seldom too low by much.
            $keep = \min($keep - 1, \intdiv($keep * $edgesMax * 9, \count($edges) * 10));
        } while (\count($edges) > $edgesMax && $keep > 0);
        return $this->compacted($names, $edges, $this->countFolded($functions, $kept));
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
     * Functions by time, the greatest first. Recursion levels (`foo@1`) count as their function, and
     * are kept or folded with it: its own time is the sum over all levels.
     *
     * @param list<string> $functions by index of name
     *
     * @return array<string, int>
     */
    private function ranking(array $functions): array
    {
        $ranking = [];
        foreach ($this->edges as $edge) {
            $function = $functions[$edge[1]];
            $ranking[$function] = ($ranking[$function] ?? 0) + $edge[3];
            if ($edge[0] === -1) {
                $ranking[$function] = \PHP_INT_MAX >> 1;
            }
        }
        \arsort($ranking);
        return $ranking;
    }

    /**
     * @param list<string>       $functions by index of name
     * @param array<string, int> $kept
     *
     * @return array<int, list<int>>
     */
    private function contracted(array $functions, array $kept): array
    {
        $other = \count($functions);
        $target = [-1 => -1];
        foreach ($functions as $index => $function) {
            $target[$index] = isset($kept[$function]) ? $index : $other;
        }
        $edges = [];
        foreach ($this->edges as $edge) {
            $edge[0] = $target[$edge[0]];
            $edge[1] = $target[$edge[1]];
            if ($edge[0] !== $other || $edge[1] !== $other) {
                self::add($edges, $edge);
            }
        }
        return $edges;
    }

    /**
     * @param list<string>       $functions by index of name
     * @param array<string, int> $kept
     */
    private function countFolded(array $functions, array $kept): int
    {
        $folded = 0;
        foreach ($this->edges as $edge) {
            $isWhole = isset($kept[$functions[$edge[1]]])
                && ($edge[0] === -1 || isset($kept[$functions[$edge[0]]]));
            $folded += $isWhole ? 0 : 1;
        }
        return $folded;
    }

    /**
     * Numbers the names anew, so that those of folded functions are not sent.
     *
     * @param list<string>          $names
     * @param array<int, list<int>> $edges
     *
     * @return array{names: list<string>, edges: list<list<int>>, folded_edges: int}
     */
    private function compacted(array $names, array $edges, int $foldedEdges): array
    {
        $names[] = self::OTHER;
        $indexes = [];
        $compact = [];
        foreach ($edges as $edge) {
            if ($edge[0] !== -1) {
                $edge[0] = $indexes[$edge[0]] ?? $indexes[$edge[0]] = \count($indexes);
            }
            $edge[1] = $indexes[$edge[1]] ?? $indexes[$edge[1]] = \count($indexes);
            $compact[] = $edge;
        }
        $sent = [];
        foreach ($indexes as $index => $sentIndex) {
            $sent[$sentIndex] = $names[$index];
        }
        return ['names' => $sent, 'edges' => $compact, 'folded_edges' => $foldedEdges];
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
