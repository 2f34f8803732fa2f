<?php
/**
 * Stand-in for the part of Phalcon's events manager interface that the shop uses.
 */

declare(strict_types=1);

namespace Phalcon\Events;

interface ManagerInterface
{
    /**
     * @param object|callable $handler
     */
    public function attach(string $eventType, $handler, int $priority = 100): void;

    /**
     * @param object|callable $handler
     */
    public function detach(string $eventType, $handler): void;

    public function detachAll(?string $type = null): void;

    /**
     * @param mixed $data
     * @return mixed
     */
    public function fire(string $eventType, object $source, $data = null, bool $cancelable = true);

    /**
     * @return array<int, mixed>
     */
    public function getListeners(string $type): array;

    public function hasListeners(string $type): bool;
}
