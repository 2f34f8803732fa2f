<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What Phalcon's container holds that concerns us: database connections to be watched, and the router
 * and dispatcher, which know the route.
 *
 * A service that nobody has asked for yet is never asked for here: to make it would be to change the
 * application. Phalcon 3.4 and 4 have `Phalcon\Di`, 5 has `Phalcon\Di\Di`; nothing is type-hinted.
 *
 * @internal
 */
final class PhalconServices
{
    private Queries $queries;

    private Backends $backends;

    private function __construct(Queries $queries, Backends $backends)
    {
        $this->queries = $queries;
        $this->backends = $backends;
    }

    /** @param object $target a container, an events manager, or a connection */
    public static function attach($target, Queries $queries, Backends $backends): void
    {
        if (!\is_object($target)) {
            return;
        }
        if (!\method_exists($target, 'getInternalEventsManager')) {
            PhalconEvents::attach($target, $queries, $backends);
            return;
        }
        $manager = $target->getInternalEventsManager();
        if ($manager === null) {
            $manager = new \Phalcon\Events\Manager();
            $target->setInternalEventsManager($manager);
        }
        $queries->isAttached = true;
        foreach ($manager->getListeners('di') as $listener) {
            if ($listener instanceof self) {
                return;
            }
        }
        $services = new self($queries, $backends);
        $manager->attach('di', $services);
        foreach ($target->getServices() ?: [] as $name => $service) {
            if ($service->isShared() && $service->isResolved()) {
                $services->watch($target->getShared((string) $name));
            }
        }
    }

    /**
     * Phalcon's event: a service was made.
     *
     * @return null
     */
    public function afterServiceResolve($event, $container, $data = null)
    {
        $beganNs = \hrtime(true);
        if (\is_array($data)) {
            $this->watch($data['instance'] ?? null);
        }
        $this->queries->selfNs += \hrtime(true) - $beganNs;
        return null;
    }

    /** Whether the application uses Phalcon, and its database at least might be one of Phalcon's. */
    public static function areThere(): bool
    {
        return \class_exists('Phalcon\Di\Di', false) || \class_exists('Phalcon\Di', false);
    }

    /**
     * The route and the action of the request, as far as Phalcon knows them.
     *
     * @return array{0: ?string, 1: ?string}
     */
    public static function route(): array
    {
        foreach (['Phalcon\Di\Di', 'Phalcon\Di'] as $class) {
            if (\class_exists($class, false) && ($container = $class::getDefault()) !== null) {
                return [self::pattern($container), self::action($container)];
            }
        }
        return [null, null];
    }

    /** @param mixed $service */
    private function watch($service): void
    {
        if (\is_object($service) && \method_exists($service, 'getInternalHandler')
            && \method_exists($service, 'setEventsManager')) {
            $queries = $this->queries;
            $backends = $this->backends;
            Silence::during(static function () use ($service, $queries, $backends): void {
                PhalconEvents::attach($service, $queries, $backends);
            });
        }
    }

    /** @param object $container */
    private static function pattern($container): ?string
    {
        $router = self::resolved($container, 'router');
        $route = $router !== null && \method_exists($router, 'getMatchedRoute') ? $router->getMatchedRoute() : null;
        $pattern = \is_object($route) ? $route->getPattern() : null;
        return \is_string($pattern) && $pattern !== '' ? $pattern : null;
    }

    /** @param object $container */
    private static function action($container): ?string
    {
        $dispatcher = self::resolved($container, 'dispatcher');
        if ($dispatcher === null) {
            return null;
        }
        // The one whose action was called last, not the names: to ask for those fills in defaults.
        $getter = \method_exists($dispatcher, 'getLastTask') ? 'getLastTask' : 'getLastController';
        $handler = $dispatcher->{$getter}();
        return \is_object($handler) ? \get_class($handler) . '::' . $dispatcher->getActiveMethod() : null;
    }

    /**
     * @param object $container
     *
     * @return object|null
     */
    private static function resolved($container, string $name)
    {
        if (!$container->has($name)) {
            return null;
        }
        $service = $container->getService($name);
        return $service->isShared() && $service->isResolved() ? $container->getShared($name) : null;
    }
}
