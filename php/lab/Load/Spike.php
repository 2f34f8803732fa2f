<?php
/**
 * The faults that can be asked for, each with the request that sets it off and the sign by which
 * one sees that it really happened.
 */

declare(strict_types=1);

namespace Load;

final class Spike
{
    /** Below this nobody would call it a pile-up. */
    private const WAITING_AT_PEAK_MIN = 3;

    /** @var string */
    public $name;
    /** @var string */
    public $method;
    /** @var string */
    public $path;

    private function __construct(string $name, string $method, string $path)
    {
        $this->name = $name;
        $this->method = $method;
        $this->path = $path;
    }

    public static function named(string $name): self
    {
        if ($name !== 'lock-pile-up') {
            throw new \InvalidArgumentException('--spike: lock-pile-up is allowed, got "' . $name . '"');
        }

        return new self($name, 'POST', '/cron/reprice');
    }

    /**
     * Checkouts were slow, and sessions were seen waiting for a lock: one alone could be chance.
     */
    public function showed(Tally $tally): bool
    {
        return $tally->slow('POST /checkout') > 0 && $tally->waitingAtPeak() >= self::WAITING_AT_PEAK_MIN;
    }
}
