<?php

declare(strict_types=1);

namespace Bitville\Bench;

use Bitville\Tests\Fpm;

/**
 * What the typical route costs, with and without what watches it.
 *
 * - Each way has a worker of its own, and they take turns, in an order that changes from round to
 *   round: what disturbs the machine for longer than a turn disturbs all of them alike.
 * - The first requests of a turn don't count: after the others' turns nothing of this one is in the
 *   processor's caches, which is not so on a server that does one thing.
 * - Two times are taken: the one on the clock, and the processor time of the worker, as the kernel
 *   counts it. The first says as much of the machine's other work as of this, the second does not.
 * - What disturbs a request only makes it longer, so the figure is the ratio of lower quartiles; the
 *   same of each tenth of the rounds tells how far to trust it.
 */
final class Throughput
{
    private const GROUPS = 10;
    private const TURN_REQUESTS = 20;
    private const WARMING_REQUESTS = 5;

    /** @var array<string, Fpm> */
    private array $workers = [];

    /** @var array<string, array<string, string>> */
    private array $params = [];

    private string $script;

    public function __construct(string $script)
    {
        $this->script = $script;
    }

    /**
     * @param list<string>          $extensions
     * @param array<string, string> $params
     * @param array<string, string> $environment
     */
    public function add(string $way, array $extensions, array $params, array $environment): void
    {
        $worker = new Fpm($extensions, ['opcache.enable' => '1'], $environment);
        $output = $worker->request($this->script, $params)['output'];
        if (\strlen($output) < 15000) {
            throw new \RuntimeException($way . ' does not answer with a page: ' . $output . $worker->log());
        }
        $this->workers[$way] = $worker;
        $this->params[$way] = $params;
        $this->turn($way, 100);
    }

    /** @return array<string, array{wall: list<float>, cpu: list<float>}> seconds per request, by way and round */
    public function run(int $rounds): array
    {
        $seconds = \array_fill_keys(\array_keys($this->workers), ['wall' => [], 'cpu' => []]);
        for ($round = 0; $round < $rounds; $round++) {
            $ways = \array_keys($this->workers);
            \shuffle($ways);
            foreach ($ways as $way) {
                $this->turn($way, self::WARMING_REQUESTS);
                for ($request = 0; $request < self::TURN_REQUESTS; $request++) {
                    $cpuBeganNs = $this->workers[$way]->workersNs();
                    $beganNs = \hrtime(true);
                    $this->turn($way, 1);
                    $seconds[$way]['wall'][] = (\hrtime(true) - $beganNs) / 1e9;
                    $seconds[$way]['cpu'][] = ($this->workers[$way]->workersNs() - $cpuBeganNs) / 1e9;
                }
            }
        }
        return $seconds;
    }

    /**
     * @param list<float> $with
     * @param list<float> $without
     *
     * @return list<float> the ratio of lower quartiles, group by group
     */
    public static function ratios(array $with, array $without): array
    {
        $size = (int) \ceil(\count($with) / self::GROUPS);
        return \array_map(static function (array $with, array $without): float {
            return Figures::quantile($with, 0.25) / Figures::quantile($without, 0.25);
        }, \array_chunk($with, $size), \array_chunk($without, $size));
    }

    private function turn(string $way, int $requests): void
    {
        for (; $requests > 0; $requests--) {
            $this->workers[$way]->request($this->script, $this->params[$way]);
        }
    }
}
