<?php

// Computes for longer than it may.
require __DIR__ . '/begin.php';

register_shutdown_function(static function (): void {
    // The line is where the time happened to be over.
    echo preg_replace('/"line":\d+/', '', json_encode(error_get_last())), "\n";
});
ini_set('display_errors', '0');
ini_set('log_errors', '0');
set_time_limit(1);
echo "before\n";
while (true) {
    $hash = md5((string) microtime());
}
