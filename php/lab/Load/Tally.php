<?php
/**
 * What the driver saw: requests per route, slow ones, failures, waiting sessions, and the instants
 * of the spike.
 */

declare(strict_types=1);

namespace Load;

final class Tally
{
    /** A checkout takes some 20 ms; one that takes so long has waited for something. */
    private const SLOW_S = 1.0;

    /** @var array<string, array{count: int, failed: int, slow: int, longest_s: float}> */
    private $routes = [];
    /** @var array<string, int|string> */
    private $marks = [];
    /** @var int */
    private $waitingAtPeak = 0;
    /** @var int requests that were not sent because too many were open */
    private $heldBack = 0;

    public function finished(Exchange $exchange, float $now): void
    {
        $row = $this->routes[$exchange->route] ?? ['count' => 0, 'failed' => 0, 'slow' => 0, 'longest_s' => 0.0];
        $seconds = $now - $exchange->startedAt;
        $row['count']++;
        $row['failed'] += $exchange->status === null || $exchange->status >= 400 ? 1 : 0;
        $row['slow'] += $seconds >= self::SLOW_S ? 1 : 0;
        $row['longest_s'] = max($row['longest_s'], $seconds);
        $this->routes[$exchange->route] = $row;
    }

    public function heldBack(): void
    {
        $this->heldBack++;
    }

    public function waiting(int $sessions): void
    {
        $this->waitingAtPeak = max($this->waitingAtPeak, $sessions);
    }

    public function waitingAtPeak(): int
    {
        return $this->waitingAtPeak;
    }

    public function mark(string $name, float $at): void
    {
        $this->marks[$name . '_at_us'] = (int) ($at * 1e6);
    }

    public function count(): int
    {
        return (int) array_sum(array_column($this->routes, 'count'));
    }

    public function slow(string $route): int
    {
        return $this->routes[$route]['slow'] ?? 0;
    }

    public function failed(string $route): int
    {
        return $this->routes[$route]['failed'] ?? 0;
    }

    /**
     * @return array<string, int|string>
     */
    public function facts(): array
    {
        $facts = $this->marks + [
            'requests' => $this->count(),
            'failed' => (int) array_sum(array_column($this->routes, 'failed')),
            'held_back' => $this->heldBack,
            'waiting_at_peak' => $this->waitingAtPeak,
        ];
        ksort($this->routes);
        foreach ($this->routes as $route => $row) {
            $facts['route ' . $route] = sprintf(
                '%d requests, %d failed, %d over 1 s, longest %.2f s',
                $row['count'],
                $row['failed'],
                $row['slow'],
                $row['longest_s']
            );
        }

        return $facts;
    }
}
