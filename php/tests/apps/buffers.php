<?php

// Output through buffers that nobody closes, with a callback that calls back, and headers set late.
require __DIR__ . '/begin.php';

ob_start(static function (string $buffer, int $phase): string {
    return '[' . $phase . ':' . strrev($buffer) . ']';
}, 64);
ob_start();
header('X-Early: yes');
for ($line = 0; $line < 20; $line++) {
    echo "line $line\n";
}
ob_flush();
register_shutdown_function(static function (): void {
    echo json_encode([ob_get_level(), headers_list(), error_get_last()]), "\n";
    if (!headers_sent()) {
        header('X-Late: yes');
    }
});
