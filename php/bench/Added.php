<?php

declare(strict_types=1);

namespace Bitville\Bench;

use Bitville\Tests\Fpm;
use Bitville\Tests\Given;
use Bitville\Tests\Peer;

/** What the listener adds to a request, in a worker that `added.php` runs in. */
final class Added
{
    private const WARMING_REQUESTS = 20;

    private Fpm $worker;

    private string $work;

    /**
     * @param list<string> $extensions
     * @param int          $edges      pairs of functions that each request calls
     */
    public function __construct(array $extensions, int $edges)
    {
        $this->worker = new Fpm(\array_merge(['opcache'], $extensions), ['opcache.enable' => '1']);
        $this->work = Given::file(self::work($edges));
    }

    /**
     * @param array<string, string> $settings
     * @param mixed                 $held     what the settings lead to; a peer is listened to
     *
     * @return list<int> microseconds, request by request
     */
    public function collect(array $settings, int $requests, $held = null): array
    {
        $params = [
            'BENCH_LISTENER' => '1', 'BENCH_WORK' => $this->work,
            'BITVILLE_SETTINGS' => Given::settingsFile($settings),
        ];
        $addedUs = [];
        for ($request = -self::WARMING_REQUESTS; $request < $requests; $request++) {
            $output = $this->worker->request(__DIR__ . '/added.php', $params)['output'];
            if (\preg_match('/added_us=(\d+)$/', $output, $part) !== 1) {
                throw new \RuntimeException('no figure: ' . $output . $this->worker->log());
            }
            if ($held instanceof Peer) {
                $held->drain();
            }
            if ($request >= 0) {
                $addedUs[] = (int) $part[1];
            }
        }
        return $addedUs;
    }

    /** A file whose functions call each other in so many pairs. */
    private static function work(int $edges): string
    {
        $code = "<?php\n";
        $branches = (int) \ceil(\sqrt($edges));
        for ($leaf = 0; $leaf < $branches; $leaf++) {
            $code .= "function work_leaf_$leaf(int \$depth): int { return \$depth + 1; }\n";
        }
        $main = '';
        for ($branch = 0; $branch < $branches; $branch++) {
            $calls = '';
            for ($leaf = 0; $leaf < $branches - 1; $leaf++) {
                $calls .= "\$sum += work_leaf_$leaf($branch); ";
            }
            $code .= "function work_branch_$branch(): int { \$sum = 0; {$calls}return \$sum; }\n";
            $main .= "work_branch_$branch();\n";
        }
        return $code . $main;
    }
}
