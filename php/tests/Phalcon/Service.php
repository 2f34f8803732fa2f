<?php

declare(strict_types=1);

namespace Bitville\Tests\Phalcon;

/** One service of a {@see Container}: how it is made, and what was made if it is shared. */
final class Service
{
    /** @var callable(): object */
    private $definition;

    private bool $isShared;

    private bool $isResolved = false;

    private ?object $instance = null;

    /** @param callable(): object $definition */
    public function __construct(callable $definition, bool $isShared)
    {
        $this->definition = $definition;
        $this->isShared = $isShared;
    }

    public function isShared(): bool
    {
        return $this->isShared;
    }

    public function isResolved(): bool
    {
        return $this->isResolved;
    }

    public function resolve(): object
    {
        $instance = $this->isShared ? $this->instance ?? ($this->definition)() : ($this->definition)();
        $this->instance = $this->isShared ? $instance : null;
        $this->isResolved = true;
        return $instance;
    }
}
