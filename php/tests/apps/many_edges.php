<?php

// Some twenty thousand functions, each called from the one before: as many pairs for a profiler.
require __DIR__ . '/begin.php';

$code = '';
for ($number = 0; $number < 200; $number++) {
    $code .= "function leaf_$number(int \$depth): int { return \$depth + 1; }\n";
}
for ($number = 0; $number < 100; $number++) {
    $calls = '';
    for ($leaf = 0; $leaf < 200; $leaf++) {
        $calls .= "\$sum += leaf_$leaf($number); ";
    }
    $code .= "function branch_$number(): int { \$sum = 0; $calls return \$sum; }\n";
}
eval($code);
$sum = 0;
for ($number = 0; $number < 100; $number++) {
    $sum += ("branch_$number")();
}
echo $sum, "\n";
