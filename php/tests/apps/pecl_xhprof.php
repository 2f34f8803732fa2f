<?php

// Stands in for PECL's xhprof 2.3, which no Debian has: its functions and constants, with its values
// (php_xhprof.h). It measures nothing; it tells what it was asked for as if it had been called.

define('XHPROF_FLAGS_NO_BUILTINS', 1);
define('XHPROF_FLAGS_CPU', 2);
define('XHPROF_FLAGS_MEMORY', 4);

function xhprof_enable(int $flags = 0, array $options = []): void
{
    $GLOBALS['xhprof'] = [$flags, $options];
}

/** @return array<string, array<string, int>>|null */
function xhprof_disable(): ?array
{
    if (!isset($GLOBALS['xhprof'])) {
        return null;
    }
    [$flags, $options] = $GLOBALS['xhprof'];
    unset($GLOBALS['xhprof']);
    $values = ['ct' => 1, 'wt' => 1000];
    $values += ($flags & XHPROF_FLAGS_CPU) !== 0 ? ['cpu' => 900] : [];
    $values += ($flags & XHPROF_FLAGS_MEMORY) !== 0 ? ['mu' => 640, 'pmu' => 0] : [];
    $ignored = implode(',', $options['ignored_functions'] ?? []);
    return ['main()' => $values, 'main()==>flags ' . $flags . ' ignored ' . $ignored => ['wt' => 400] + $values];
}
