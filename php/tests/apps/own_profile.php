<?php

// Profiles itself, with the same extension.
require __DIR__ . '/begin.php';

if (function_exists('tideways_xhprof_enable')) {
    tideways_xhprof_enable();
    strrev('x');
    echo is_array(tideways_xhprof_disable()) ? "profiled\n" : "not profiled\n";
}
