<?php
/**
 * Makes the lab's classes and the tests' own helpers known.
 */

declare(strict_types=1);

require __DIR__ . '/../autoload.php';
require dirname(__DIR__, 2) . '/tests/Cluster.php';
require __DIR__ . '/Recorder.php';
