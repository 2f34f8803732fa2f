<?php

// An ordinary request: functions, recursion, a closure, output through a buffer.
require __DIR__ . '/begin.php';

function factorial(int $number): int
{
    return $number < 2 ? 1 : $number * factorial($number - 1);
}

final class HelloController
{
    public function showAction(): string
    {
        return implode(',', array_map(static function (int $number): int {
            return factorial($number);
        }, range(1, 9)));
    }
}

ob_start('strtoupper');
echo 'hello ', (new HelloController())->showAction(), "\n";
