<?php
/**
 * Stand-in for Phalcon 4.1's events manager, with what a careless listener can trip over:
 *
 * - the listeners of the group ("db") run before those of the full name ("db:beforeQuery");
 * - fire() gives the value of the last listener that ran, so a late null hides an early false;
 * - an object is called by the event's name as a method, and skipped when it has none;
 * - priorities count only after enablePriorities(true).
 */

declare(strict_types=1);

namespace Phalcon\Events;

class Manager implements ManagerInterface
{
    private const PRIORITY_DEFAULT = 100;

    /** @var bool */
    protected $prioritiesEnabled = false;
    /** @var array<string, \SplPriorityQueue<int, mixed>> */
    protected $queues = [];

    public function attach(string $eventType, $handler, int $priority = self::PRIORITY_DEFAULT): void
    {
        if (!is_object($handler) && !is_callable($handler)) {
            throw new Exception('a listener is an object or a callable');
        }
        if (!isset($this->queues[$eventType])) {
            $this->queues[$eventType] = new \SplPriorityQueue();
        }
        $this->queues[$eventType]->insert($handler, $this->prioritiesEnabled ? $priority : self::PRIORITY_DEFAULT);
    }

    public function detach(string $eventType, $handler): void
    {
        if (!isset($this->queues[$eventType])) {
            return;
        }
        $rest = new \SplPriorityQueue();
        $queue = clone $this->queues[$eventType];
        $queue->setExtractFlags(\SplPriorityQueue::EXTR_BOTH);
        foreach ($queue as $entry) {
            if ($entry['data'] !== $handler) {
                $rest->insert($entry['data'], $entry['priority']);
            }
        }
        $this->queues[$eventType] = $rest;
    }

    public function detachAll(?string $type = null): void
    {
        if ($type === null) {
            $this->queues = [];
        } else {
            unset($this->queues[$type]);
        }
    }

    public function enablePriorities(bool $enable): void
    {
        $this->prioritiesEnabled = $enable;
    }

    public function hasListeners(string $type): bool
    {
        return isset($this->queues[$type]);
    }

    /**
     * @return array<int, mixed> in the order in which they would run
     */
    public function getListeners(string $type): array
    {
        // Reading a priority queue empties it.
        return isset($this->queues[$type]) ? iterator_to_array(clone $this->queues[$type], false) : [];
    }

    public function fire(string $eventType, object $source, $data = null, bool $cancelable = true)
    {
        if ($this->queues === []) {
            return null;
        }
        if (strpos($eventType, ':') === false) {
            throw new Exception('an event has the form group:name, got ' . $eventType);
        }
        [$group, $name] = explode(':', $eventType, 2);
        $event = new Event($name, $source, $data, $cancelable);
        $status = null;
        foreach ([$group, $eventType] as $key) {
            // One after the other, and the second replaces the answer of the first.
            if (isset($this->queues[$key])) {
                $status = $this->fireQueue($this->queues[$key], $event);
            }
        }

        return $status;
    }

    /**
     * @param \SplPriorityQueue<int, mixed> $queue
     * @return mixed
     */
    private function fireQueue(\SplPriorityQueue $queue, Event $event)
    {
        $status = null;
        foreach (clone $queue as $handler) {
            if (is_callable($handler)) {
                $status = $handler($event, $event->getSource(), $event->getData());
            } elseif (method_exists($handler, $event->getType())) {
                $status = $handler->{$event->getType()}($event, $event->getSource(), $event->getData());
            } else {
                continue;
            }
            if ($event->isCancelable() && $event->isStopped()) {
                break;
            }
        }

        return $status;
    }
}
