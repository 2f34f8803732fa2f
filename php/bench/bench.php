<?php

declare(strict_types=1);

/**
 * Measures what the listener costs: `bench.php throughput|fast|handover|harm [ROUNDS]`.
 *
 * It needs `BITVILLE_TEST_FPM`; throughput a PostgreSQL 15 and handover a collector's socket, in
 * `BENCH_COLLECTOR_SOCKET`. `scripts/bench php` brings all of them.
 */

use Bitville\Bench\Added;
use Bitville\Bench\Figures;
use Bitville\Bench\Throughput;
use Bitville\Tests\Conditions;
use Bitville\Tests\Given;

define('BITVILLE_SETTINGS', __DIR__ . '/no-such-settings.ini');
require dirname(__DIR__) . '/listener.php';
foreach (['Given', 'App', 'FastCgi', 'Fpm', 'Peer', 'Conditions'] as $class) {
    require dirname(__DIR__) . '/tests/' . $class . '.php';
}
Bitville\Parts::load(Bitville\Parts::all());
require dirname(__DIR__) . '/tests/Cluster.php';
foreach (['Figures', 'Throughput', 'Added'] as $class) {
    require __DIR__ . '/' . $class . '.php';
}

function throughput(int $rounds): void
{
    $host = Bitville\Tests\Cluster::host();
    if ($host === null) {
        throw new RuntimeException('PostgreSQL 15 is missing, or this is not root');
    }
    $udp = stream_socket_server('udp://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND);
    $address = stream_socket_get_name($udp, false);
    $settings = static function (array $php) use ($address): array {
        return ['BITVILLE_SETTINGS' => Given::settingsFile($php + ['udp' => $address, 'spool_dir' => Given::folder()])];
    };
    $bench = new Throughput(__DIR__ . '/route.php');
    $listener = ['BENCH_LISTENER' => '1'];
    $ways = [
        'none' => [[], [], []],
        'tideways loaded' => [['tideways_xhprof'], [], []],
        'excimer loaded' => [['excimer'], [], []],
        'tideways on' => [['tideways_xhprof'], ['BENCH_ENGINE' => 'tideways_xhprof'], []],
        'excimer on' => [['excimer'], ['BENCH_ENGINE' => 'excimer'], []],
        'listener, no profile' => [['apcu'], $listener, $settings(['profile' => 'off'])],
        'listener, no profile, no APCu' => [[], $listener, $settings(['profile' => 'off'])],
        'listener, no profile, no stats' => [['apcu'], $listener, $settings(['profile' => 'off', 'stats' => 'off'])],
        'listener + excimer' => [['apcu', 'excimer'], $listener, $settings(['profile' => 'excimer'])],
        'listener + tideways' => [['apcu', 'tideways_xhprof'], $listener, $settings(['profile' => 'tideways_xhprof'])],
    ];
    foreach ($ways as $way => [$extensions, $params, $environment]) {
        $bench->add($way, array_merge(['opcache'], $extensions), $params, $environment + ['BENCH_DB_HOST' => $host]);
    }
    $seconds = $bench->run($rounds);
    $compare = static function (string $way, string $reference, string $goal) use ($seconds): void {
        foreach (['wall' => $goal, 'cpu' => ''] as $time => $goal) {
            $with = Figures::quantile($seconds[$way][$time], 0.25);
            $without = Figures::quantile($seconds[$reference][$time], 0.25);
            $ratios = Throughput::ratios($seconds[$way][$time], $seconds[$reference][$time]);
            $name = $way . ($time === 'cpu' ? ', processor time' : '');
            Figures::print($name, 1 / $with, 'req/s', $reference, 1 / $without, $with / $without, $goal, $ratios);
        }
    };
    foreach (array_keys($ways) as $way) {
        $goal = ['listener + excimer' => '<=1.01'][$way] ?? '';
        if ($way !== 'none') {
            $compare($way, 'none', $goal);
        }
    }
    $compare('listener + tideways', 'tideways on', '<=1.01');
    $compare('listener + excimer', 'excimer on', '');
}

/** A request that nobody wants: what it pays all the same. */
function fast(int $requests): void
{
    $udp = stream_socket_server('udp://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND);
    $settings = ['udp' => stream_socket_get_name($udp, false), 'spool_dir' => Given::folder(), 'threshold' => '1h'];
    $ways = [
        'no profile' => [['apcu'], 'off'], 'excimer' => [['apcu', 'excimer'], 'excimer'],
        'tideways_xhprof' => [['apcu', 'tideways_xhprof'], 'tideways_xhprof'],
        'excimer, no APCu' => [['excimer'], 'excimer'],
    ];
    foreach ($ways as $way => [$extensions, $engine]) {
        $addedUs = (new Added($extensions, 100))->collect(['profile' => $engine] + $settings, $requests);
        printQuantiles('fast request, ' . $way, $addedUs, ['p50' => '<=300', 'p99' => '']);
    }
}

/** All of a capture with 1,000 edges, with a collector that is well. */
function handover(int $requests): void
{
    $settings = ['socket' => (string) getenv('BENCH_COLLECTOR_SOCKET'), 'threshold' => '0ms', 'udp' => ''];
    foreach (['tideways_xhprof', 'excimer'] as $engine) {
        $trace = Given::path();
        $added = new Added(['apcu', $engine], 1000);
        $addedUs = $added->collect(['profile' => $engine, 'trace_file' => $trace] + $settings, $requests);
        $lines = (array) file($trace);
        $acked = count(preg_grep('/ slow acked /', $lines));
        if ($acked < count($lines) * 0.99) {
            throw new RuntimeException('the collector took ' . $acked . ' of ' . count($lines) . ': ' . end($lines));
        }
        printQuantiles('capture of 1,000 edges, ' . $engine, $addedUs, ['p50' => '', 'p99' => '<=2000']);
    }
}

/** Whatever is wrong with the collector or the spool folder, and no breaker to make it better. */
function harm(int $requests): void
{
    $usual = new Added(['tideways_xhprof'], 1000);
    $large = new Added(['tideways_xhprof'], 20000);
    $collectors = Conditions::collectors();
    $conditions = [];
    foreach (['healthy', 'never answering'] as $state) {
        $conditions['20,000 edges, collector ' . $state] = [$large, $collectors[$state][0]];
    }
    foreach (['collector' => $collectors, 'spool' => Conditions::spools()] as $what => $states) {
        foreach ($states as $state => [$make]) {
            $conditions[$what . ' ' . $state] = [$usual, $make];
        }
    }
    foreach ($conditions as $condition => [$added, $make]) {
        [$settings, $held] = $make();
        $addedUs = $added->collect($settings + ['threshold' => '0ms', 'breaker_failures' => '1000'], $requests, $held);
        unset($held);
        printQuantiles($condition, $addedUs, ['p50' => '', 'p99.9' => '<=50000']);
    }
}

/**
 * @param list<int>             $samplesUs
 * @param array<string, string> $goals     by quantile, as `p99.9`
 */
function printQuantiles(string $name, array $samplesUs, array $goals): void
{
    foreach ($goals as $quantile => $goal) {
        $valueUs = Figures::quantile($samplesUs, (float) substr($quantile, 1) / 100);
        Figures::print($name . ', ' . $quantile, $valueUs, 'us', '', null, null, $goal, $samplesUs);
    }
}

$parts = ['throughput' => 100, 'fast' => 2000, 'handover' => 3000, 'harm' => 1000];
$part = $argv[1] ?? '';
if (!isset($parts[$part])) {
    fwrite(STDERR, 'usage: bench.php ' . implode('|', array_keys($parts)) . " [ROUNDS]\n");
    exit(64);
}
$part((int) ($argv[2] ?? $parts[$part]));
