<?php

declare(strict_types=1);

namespace Bitville\Tests\Phalcon;

use Phalcon\Events\Manager;

/**
 * As much of Phalcon's container as the listener meets, in the order of `get()` of 3.4 (which fires
 * for shared services as well) and of 4 and 5 (which don't for those that are made). It is
 * `Phalcon\Di` in 3.4 and 4, `Phalcon\Di\Di` in 5: {@see Container::becomes()}.
 */
class Container
{
    private static ?self $default = null;

    private static bool $firesAlways = false;

    private ?Manager $manager = null;

    /** @var array<string, Service>|null 3.4 has none until there is one */
    private ?array $services = null;

    /** @var array<string, object> */
    private array $shared = [];

    public function __construct()
    {
        self::$default = self::$default ?? $this;
    }

    public static function becomes(string $version): void
    {
        self::$firesAlways = $version === '3.4';
        \class_alias(self::class, $version === '5' ? 'Phalcon\Di\Di' : 'Phalcon\Di');
    }

    public static function getDefault(): ?self
    {
        return self::$default;
    }

    public function getInternalEventsManager(): ?Manager
    {
        return $this->manager;
    }

    public function setInternalEventsManager(Manager $manager): void
    {
        $this->manager = $manager;
    }

    public function set(string $name, callable $definition, bool $isShared = false): void
    {
        $this->services[$name] = new Service($definition, $isShared);
    }

    /** @return array<string, Service>|null */
    public function getServices(): ?array
    {
        return $this->services;
    }

    public function has(string $name): bool
    {
        return isset($this->services[$name]);
    }

    public function getService(string $name): Service
    {
        return $this->services[$name];
    }

    public function get(string $name): object
    {
        if (!self::$firesAlways && isset($this->shared[$name])) {
            return $this->shared[$name];
        }
        $data = ['name' => $name, 'parameters' => null];
        $instance = $this->manager === null ? null : $this->manager->fire('di:beforeServiceResolve', $this, $data);
        if (!\is_object($instance)) {
            $instance = $this->services[$name]->resolve();
            if ($this->services[$name]->isShared() && !self::$firesAlways) {
                $this->shared[$name] = $instance;
            }
        }
        if ($this->manager !== null) {
            $this->manager->fire('di:afterServiceResolve', $this, $data + ['instance' => $instance]);
        }
        return $instance;
    }

    public function getShared(string $name): object
    {
        return $this->shared[$name] = $this->shared[$name] ?? $this->get($name);
    }
}
