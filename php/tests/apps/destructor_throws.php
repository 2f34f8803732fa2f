<?php

// An object that lives to the end throws when it goes.
require __DIR__ . '/begin.php';

final class Quarrel
{
    public function __destruct()
    {
        echo "destroyed\n";
        throw new LogicException('from a destructor');
    }
}

$quarrel = new Quarrel();
echo "before\n";
