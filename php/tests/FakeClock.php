<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Clock;

/**
 * A clock that stands still until a test moves it, or that moves by a step whenever it is read.
 * Both of its times move together.
 */
final class FakeClock implements Clock
{
    public int $nowUs;

    private int $stepUs;

    public function __construct(int $nowUs = 1763892202000000, int $stepUs = 0)
    {
        $this->nowUs = $nowUs;
        $this->stepUs = $stepUs;
    }

    public function monotonicNs(): int
    {
        $this->nowUs += $this->stepUs;
        return $this->nowUs * 1000;
    }

    public function wallUs(): int
    {
        return $this->nowUs;
    }
}
