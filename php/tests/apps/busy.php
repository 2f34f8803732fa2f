<?php

// Works for so many milliseconds, in functions that a profile should name.
//
//     PROFILE_FIRST   an engine that the application runs itself, begun before the listener
//     PROFILE_LATER   the same, begun behind it
$own = null;
if (getenv('PROFILE_FIRST') === 'tideways_xhprof') {
    tideways_xhprof_enable();
} elseif (getenv('PROFILE_FIRST') === 'excimer') {
    $own = new ExcimerProfiler();
    $own->setEventType(EXCIMER_REAL);
    $own->setPeriod(0.001);
    $own->start();
}
if (getenv('PECL') === '1') {
    require __DIR__ . '/pecl_xhprof.php';
}
require __DIR__ . '/begin.php';

function spin(int $forMs): int
{
    $until = hrtime(true) + $forMs * 1000000;
    for ($turns = 0; hrtime(true) < $until; $turns++) {
        turn($turns);
    }
    return $turns;
}

function turn(int $number): int
{
    return $number + 1;
}

final class BusyController
{
    public function showAction(int $forMs): void
    {
        $this->compute($forMs);
        usleep(20000);
    }

    private function compute(int $forMs): void
    {
        spin($forMs);
    }
}

(new BusyController())->showAction((int) (getenv('BUSY_MS') ?: 60));
if (getenv('PROFILE_FIRST') === 'tideways_xhprof') {
    echo json_encode(array_keys(tideways_xhprof_disable())), "\n";
} elseif ($own !== null) {
    $own->stop();
    echo count($own->getLog()) > 20 ? "own profile\n" : "own profile is gone\n";
}
echo "busy\n";
