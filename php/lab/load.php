<?php
/**
 * The shop's customers: a bounded, uneven load through nginx, and in its midst a fault if asked.
 *
 *     load.php --url URL --baseline-s N [--spike NAME --after-s N] [--seed N]
 *
 * Progress goes to standard error; what happened is printed at the end as key=value lines, which
 * scripts/lab reads. With a spike, SHOP_DB_* name the database whose waiting sessions are counted.
 * Exit code: 0, or 1 if the spike did not show, or 64 for a wrong call.
 */

declare(strict_types=1);

require __DIR__ . '/autoload.php';

exit(Load\Command::run(array_slice($argv, 1)));
