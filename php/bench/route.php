<?php

/**
 * A typical route, for measuring what watching it costs: some five milliseconds of PHP in small
 * functions, ten statements by Phalcon's adapter, a page of 20 KB.
 *
 *     BENCH_LISTENER   1 to include the listener
 *     BENCH_ENGINE     a profiler that runs without the listener: tideways_xhprof or excimer
 */

declare(strict_types=1);

$benchEngine = $_SERVER['BENCH_ENGINE'] ?? '';
if (($_SERVER['BENCH_LISTENER'] ?? '') === '1') {
    include __DIR__ . '/../listener.php';
} elseif ($benchEngine === 'tideways_xhprof') {
    tideways_xhprof_enable();
} elseif ($benchEngine === 'excimer') {
    $benchProfiler = new ExcimerProfiler();
    $benchProfiler->setEventType(EXCIMER_REAL);
    $benchProfiler->setPeriod(0.01);
    $benchProfiler->start();
}
require __DIR__ . '/../lab/autoload.php';
require __DIR__ . '/Page.php';

echo (new Bitville\Bench\Page(getenv('BENCH_DB_HOST')))->render();
