<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Time comes in from outside, so that tests decide what it is.
 *
 * Durations are differences of the monotonic clock; the wall clock, which may be set at any
 * moment, only says at what time something began.
 *
 * @internal
 */
interface Clock
{
    public function monotonicNs(): int;

    /** Microseconds since the Unix epoch. */
    public function wallUs(): int;
}
