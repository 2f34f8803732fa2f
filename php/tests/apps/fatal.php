<?php

// Ends with an uncaught exception, whose trace holds a secret.
require __DIR__ . '/begin.php';

function login(string $user, string $password): void
{
    throw new RuntimeException('no such user, password=' . $password);
}

echo "before\n";
login('bob', 'hunter2');
