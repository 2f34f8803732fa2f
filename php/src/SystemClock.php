<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The machine's clocks: the only place in the listener that asks for the time, beside
 * `listener.php`, which has no class yet when it begins.
 *
 * @internal
 */
final class SystemClock implements Clock
{
    public function monotonicNs(): int
    {
        return \hrtime(true);
    }

    public function wallUs(): int
    {
        return (int) \round(\microtime(true) * 1e6);
    }
}
