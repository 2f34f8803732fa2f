<?php

declare(strict_types=1);

namespace Bitville\Tests;

/**
 * A Postgres connection that was never opened: it only knows which server process it would have.
 */
final class FakePdo extends \PDO
{
    public int $pidsAsked = 0;

    private int $pid;

    public function __construct(int $pid)
    {
        $this->pid = $pid;
    }

    #[\ReturnTypeWillChange]
    public function getAttribute($attribute)
    {
        return $attribute === \PDO::ATTR_DRIVER_NAME ? 'pgsql' : null;
    }

    public function pgsqlGetPid(): int
    {
        $this->pidsAsked++;
        return $this->pid;
    }
}
