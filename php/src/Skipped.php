<?php

declare(strict_types=1);

namespace Bitville;

/**
 * A record was given up on purpose: no time, no memory, nobody listening.
 *
 * Its message is one word for the trace file, such as `budget_encode` or `connect`. It never
 * leaves {@see Capture}.
 *
 * @internal
 */
final class Skipped extends \Exception
{
}
