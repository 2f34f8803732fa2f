<?php

// Asks for more than there is, in one piece, with output waiting in a buffer.
require __DIR__ . '/begin.php';

ini_set('display_errors', '0');
ini_set('log_errors', '0');
ob_start();
echo "a page that waits in a buffer\n";
echo strlen(str_repeat('x', 1 << 30));
