<?php

declare(strict_types=1);

/**
 * Measures what the listener costs: `bench.php throughput|handover|harm [ROUNDS]`. It needs
 * `BITVILLE_TEST_FPM` and a PostgreSQL 15; `scripts/bench php` brings both.
 */

use Bitville\Bench\Figures;
use Bitville\Bench\Throughput;
use Bitville\Tests\Given;

define('BITVILLE_SETTINGS', __DIR__ . '/no-such-settings.ini');
require dirname(__DIR__) . '/listener.php';
foreach (['Given', 'App', 'FastCgi', 'Fpm', 'Peer'] as $class) {
    require dirname(__DIR__) . '/tests/' . $class . '.php';
}
Bitville\Parts::load(Bitville\Parts::all());
require dirname(__DIR__) . '/lab/tests/Cluster.php';
foreach (['Figures', 'Throughput'] as $class) {
    require __DIR__ . '/' . $class . '.php';
}

function throughput(int $rounds): void
{
    $host = Lab\Tests\Cluster::host();
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

throughput((int) ($argv[1] ?? 100));
