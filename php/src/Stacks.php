<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Sampled stacks, folded: a tree of functions with the samples that ended in each node, and the same
 * samples in the order of time.
 *
 *     names     [name, …]                       each once
 *     nodes     [[parent, name], …]             parent -1 is the bottom of the stack; parents come first
 *     stacks    [[node, samples], …]            folded; times the period this is time
 *     timeline  [[start_us, node, samples], …]     counted from the request's start
 *
 * - The tree is bounded. A stack that has no place in it is counted at the node `__other__`, so the
 *   samples always add up; `folded_samples` says how many.
 * - The timeline is bounded too: when it is full, each two neighbours become one, which then stands
 *   for the longer of the two. `timeline_halvings` says how often that was done; the folded stacks
 *   don't change by it.
 * - A function to be ignored is taken out of the stack: its callees are its caller's.
 * - The listener's own functions are `Bitville`, and what is above them on the stack is theirs.
 *
 * @internal
 */
final class Stacks
{
    public const OTHER = '__other__';

    private const ROOT = -1;

    /** Enough for a screen of any width; two milliseconds to encode. */
    private const TIMELINE_MAX = 2000;

    /** @var array<string, true> */
    private array $ignored;

    private int $nodesMax;

    private int $sinceStartUs;

    /** @var array<string, int> index by name */
    private array $names = [];

    /** @var list<array{0: int, 1: int}> parent and name */
    private array $nodes = [];

    /** @var array<int, array<int, int>> node by parent and name */
    private array $children = [];

    /** @var array<int, int> samples by node */
    private array $samples = [];

    /** @var list<array{0: int, 1: int, 2: int}> */
    private array $timeline = [];

    private int $halvings = 0;
    private int $folded = 0;
    private int $taken = 0;

    /**
     * @param list<string> $ignore
     * @param int          $sinceStartUs between the request's start and the profiler's
     */
    public function __construct(array $ignore, int $nodesMax, int $sinceStartUs)
    {
        $this->ignored = \array_fill_keys($ignore, true);
        $this->nodesMax = $nodesMax;
        $this->sinceStartUs = $sinceStartUs;
    }

    /**
     * @param iterable<object> $log     an `ExcimerLog`: entries with a timestamp, a trace and a number of events
     * @param bool             $hasRoom whether there is memory for their stacks
     */
    public function add(iterable $log, bool $hasRoom): void
    {
        foreach ($log as $entry) {
            $samples = (int) $entry->getEventCount();
            $node = $hasRoom ? $this->nodeOf($entry->getTrace()) : [$this->other(), true];
            $this->taken++;
            $this->folded += $node[1] ? $samples : 0;
            $this->samples[$node[0]] = ($this->samples[$node[0]] ?? 0) + $samples;
            $this->note($this->sinceStartUs + (int) \round($entry->getTimestamp() * 1e6), $node[0], $samples);
        }
    }

    /** How often the stack was looked at. */
    public function taken(): int
    {
        return $this->taken;
    }

    /** @return array<string, mixed> */
    public function shape(): array
    {
        $stacks = [];
        foreach ($this->samples as $node => $samples) {
            $stacks[] = [$node, $samples];
        }
        return [
            'names' => \array_map('strval', \array_keys($this->names)),
            'nodes' => $this->nodes,
            'stacks' => $stacks,
            'timeline' => $this->timeline,
            'timeline_halvings' => $this->halvings,
            'folded_samples' => $this->folded,
        ];
    }

    /**
     * @param list<array<string, mixed>> $trace the innermost frame first
     *
     * @return array{0: int, 1: bool} the node, and whether it is not the stack's own
     */
    private function nodeOf(array $trace): array
    {
        $node = self::ROOT;
        for ($index = \count($trace) - 1; $index >= 0; $index--) {
            $name = self::name($trace[$index], $node === self::ROOT);
            if (isset($this->ignored[$name])) {
                continue;
            }
            $next = $this->child($node, $name);
            if ($next === null) {
                return [$this->other(), true];
            }
            $node = $next;
            if ($name === Profiler::OWN) {
                break;
            }
        }
        // Everything on it is to be ignored, or it is empty: then the script itself was at work.
        return $node === self::ROOT ? [$this->child($node, 'main()') ?? $this->other(), false] : [$node, false];
    }

    /** @return int|null null when the tree is full */
    private function child(int $parent, string $name): ?int
    {
        $nameIndex = $this->names[$name] ?? null;
        if ($nameIndex !== null && isset($this->children[$parent][$nameIndex])) {
            return $this->children[$parent][$nameIndex];
        }
        // One place is kept for what finds none.
        if (\count($this->nodes) >= $this->nodesMax - ($name === self::OTHER ? 0 : 1)) {
            return null;
        }
        $nameIndex = $nameIndex ?? $this->names[$name] = \count($this->names);
        $this->nodes[] = [$parent, $nameIndex];
        return $this->children[$parent][$nameIndex] = \count($this->nodes) - 1;
    }

    private function other(): int
    {
        return (int) $this->child(self::ROOT, self::OTHER);
    }

    private function note(int $atUs, int $node, int $samples): void
    {
        $last = \count($this->timeline) - 1;
        if ($last >= 0 && $this->timeline[$last][1] === $node) {
            $this->timeline[$last][2] += $samples;
            return;
        }
        if ($last + 1 >= self::TIMELINE_MAX) {
            $this->halveTimeline();
        }
        $this->timeline[] = [$atUs, $node, $samples];
    }

    private function halveTimeline(): void
    {
        $halved = [];
        foreach (\array_chunk($this->timeline, 2) as $pair) {
            $other = $pair[1] ?? [0, 0, 0];
            $longer = $pair[0][2] >= $other[2] ? $pair[0] : $other;
            $halved[] = [$pair[0][0], $longer[1], $pair[0][2] + $other[2]];
        }
        $this->timeline = $halved;
        $this->halvings++;
    }

    /** @param array<string, mixed> $frame */
    private static function name(array $frame, bool $isOutermost): string
    {
        $function = $frame['function'] ?? null;
        if ($function === null) {
            // The code of a file, outside of any function.
            return $isOutermost ? 'main()' : 'load::' . self::shortPath((string) ($frame['file'] ?? ''));
        }
        $class = $frame['class'] ?? null;
        if (isset($frame['closure_line'])) {
            $file = $class === null ? self::shortPath((string) ($frame['file'] ?? '')) . ':' : '';
            $function = '{closure:' . $file . $frame['closure_line'] . '}';
        }
        $name = $class === null ? (string) $function : $class . '::' . $function;
        return Profiler::isOwn($name) ? Profiler::OWN : $name;
    }

    /** As XHProf names them: the file and its folder. */
    private static function shortPath(string $path): string
    {
        return \implode('/', \array_slice(\explode('/', $path), -2));
    }
}
