<?php

/**
 * What the listener adds to a request, seen by the application: the include, and all that happens
 * between the end of the script and the application's own shutdown function. Prints microseconds.
 *
 *     BENCH_LISTENER   1 to include the listener
 *     BENCH_WORK       a file to run in between
 */

declare(strict_types=1);

$benchBeganNs = hrtime(true);
if (($_SERVER['BENCH_LISTENER'] ?? '') === '1') {
    include __DIR__ . '/../listener.php';
}
$benchAddedNs = hrtime(true) - $benchBeganNs;
if (($_SERVER['BENCH_WORK'] ?? '') !== '') {
    require $_SERVER['BENCH_WORK'];
}
register_shutdown_function(static function () use ($benchAddedNs, &$benchEndNs): void {
    echo 'added_us=', intdiv($benchAddedNs + hrtime(true) - $benchEndNs, 1000);
});
$benchEndNs = hrtime(true);
