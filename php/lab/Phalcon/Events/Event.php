<?php
/**
 * Stand-in for Phalcon 4.1's event object: what a listener gets as its first argument.
 */

declare(strict_types=1);

namespace Phalcon\Events;

class Event
{
    /** @var string the name without the group: "beforeQuery" */
    protected $type;
    /** @var object|null who fired it */
    protected $source;
    /** @var mixed */
    protected $data;
    /** @var bool */
    protected $cancelable;
    /** @var bool */
    protected $stopped = false;

    /**
     * @param mixed $data
     */
    public function __construct(string $type, ?object $source = null, $data = null, bool $cancelable = true)
    {
        $this->type = $type;
        $this->source = $source;
        $this->data = $data;
        $this->cancelable = $cancelable;
    }

    public function getType(): string
    {
        return $this->type;
    }

    public function getSource(): ?object
    {
        return $this->source;
    }

    /**
     * @return mixed
     */
    public function getData()
    {
        return $this->data;
    }

    public function isCancelable(): bool
    {
        return $this->cancelable;
    }

    public function isStopped(): bool
    {
        return $this->stopped;
    }

    public function stop(): self
    {
        if (!$this->cancelable) {
            throw new Exception('this event cannot be stopped');
        }
        $this->stopped = true;

        return $this;
    }
}
