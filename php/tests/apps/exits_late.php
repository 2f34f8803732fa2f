<?php

// A shutdown function that registers another and then ends the chain.
require __DIR__ . '/begin.php';

register_shutdown_function(static function (): void {
    echo "first\n";
    register_shutdown_function(static function (): void {
        echo "never reached\n";
    });
    exit(7);
});
register_shutdown_function(static function (): void {
    echo "never reached either\n";
});
echo "body\n";
