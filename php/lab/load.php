<?php
/**
 * The shop's customers: a bounded, uneven load through nginx, and a fault in its midst.
 *
 *     load.php --url URL --spike NAME --baseline-s N --spike-s N --after-s N [--seed N]
 *
 * Progress goes to standard error; what happened is printed at the end as key=value lines, which
 * scripts/lab reads. A fault that is a request lasts as long as that, any other --spike-s. SHOP_DB_* in the environment name the database whose waiting sessions are
 * counted.
 * Exit code: 0, or 1 if the spike did not show, or 64 for a wrong call.
 */

declare(strict_types=1);

require __DIR__ . '/autoload.php';

exit(Load\Command::run(array_slice($argv, 1)));
