<?php

// Holds all memory but a little when it ends.
require __DIR__ . '/begin.php';

$page = str_repeat('x', 56 << 20);
echo strlen($page), "\n";
