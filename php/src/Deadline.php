<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The moment by which the request must have its worker back.
 *
 * PHP can't interrupt its own functions, so the deadline holds because every step has a bounded
 * input and asks here before it begins; what waits (the socket) waits no longer than what is left.
 *
 * @internal
 */
final class Deadline
{
    private Clock $clock;

    private int $atNs;

    public function __construct(Clock $clock, int $atNs)
    {
        $this->clock = $clock;
        $this->atNs = $atNs;
    }

    /** An earlier one, which leaves that much time behind it. */
    public function before(int $us): self
    {
        return new self($this->clock, $this->atNs - $us * 1000);
    }

    /** Zero when the time is up. */
    public function remainingUs(): int
    {
        return \max(0, \intdiv($this->atNs - $this->clock->monotonicNs(), 1000));
    }

    /**
     * @param string $step what would begin now
     *
     * @throws Skipped when the time is up
     */
    public function check(string $step): void
    {
        if ($this->remainingUs() === 0) {
            throw new Skipped('budget_' . $step);
        }
    }
}
