<?php
/**
 * Makes the lab's classes and the tests' own helpers known, and a folder for PHP's sessions.
 */

declare(strict_types=1);

require __DIR__ . '/../autoload.php';
require dirname(__DIR__, 2) . '/tests/Cluster.php';
require __DIR__ . '/Recorder.php';

// Before PHPUnit has printed anything: later PHP would not have it.
$sessions = sys_get_temp_dir() . '/bitville-sessions-' . bin2hex(random_bytes(4));
mkdir($sessions, 0700);
session_save_path($sessions);
register_shutdown_function(static function () use ($sessions): void {
    exec('rm -rf ' . escapeshellarg($sessions));
});
