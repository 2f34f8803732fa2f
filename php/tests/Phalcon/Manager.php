<?php

declare(strict_types=1);

namespace Phalcon\Events;

/**
 * As much of Phalcon's events manager as the listener meets: listeners of a group are called by the
 * event's name, and the last one's answer counts.
 */
final class Manager
{
    /** @var array<string, list<object>> */
    private array $listeners = [];

    /** @param object $handler */
    public function attach(string $eventType, $handler, int $priority = 100): void
    {
        $this->listeners[$eventType][] = $handler;
    }

    /** @return list<object> */
    public function getListeners(string $type): array
    {
        return $this->listeners[$type] ?? [];
    }

    /**
     * @param mixed $data
     *
     * @return mixed
     */
    public function fire(string $eventType, object $source, $data = null)
    {
        [$group, $event] = \explode(':', $eventType);
        $status = null;
        foreach ($this->listeners[$group] ?? [] as $listener) {
            if (\method_exists($listener, $event)) {
                $status = $listener->{$event}(new \stdClass(), $source, $data);
            }
        }
        return $status;
    }
}
