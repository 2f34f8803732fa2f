<?php

// Ends by exit(), with shutdown functions and destructors still to come.
require __DIR__ . '/begin.php';

final class Farewell
{
    public function __destruct()
    {
        echo "destroyed\n";
    }
}

function leave(): void
{
    echo "leaving\n";
    exit(3);
}

register_shutdown_function(static function (): void {
    echo "shut down\n";
});
$farewell = new Farewell();
leave();
