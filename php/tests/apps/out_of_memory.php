<?php

// Takes memory in small pieces until there is none, with output waiting in a buffer.
require __DIR__ . '/begin.php';

// Where the limit is met differs by what is loaded, and the message tells it.
ini_set('display_errors', '0');
ini_set('log_errors', '0');
ob_start();
echo "a page that waits in a buffer\n";
$pieces = [];
while (true) {
    $pieces[] = str_repeat('x', 1000) . count($pieces);
}
