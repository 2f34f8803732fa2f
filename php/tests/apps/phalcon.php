<?php

// An application on Phalcon's container: services, a route, an action, statements. Prints what its own
// listeners and services saw.
//
//     VERSION   3.4, 4 or 5
//     ORDER     include the listener `first`, behind the container is `filled`, or behind the database
//               is `connected`; `call` includes it first and attaches with a call
foreach (['Manager', 'Connection', 'Service', 'Container'] as $class) {
    require __DIR__ . '/../Phalcon/' . $class . '.php';
}

use Bitville\Tests\Phalcon\Container;
use Phalcon\Db\Adapter\Pdo\Connection;
use Phalcon\Events\Manager;

final class CartController
{
}

final class Router
{
    public function getMatchedRoute(): object
    {
        return new class {
            public function getPattern(): string
            {
                return '/cart/{id:[0-9]+}';
            }
        };
    }
}

final class Dispatcher
{
    public function getLastController(): object
    {
        return new CartController();
    }

    public function getActiveMethod(): string
    {
        return 'showAction';
    }
}

final class Told
{
    public int $queries = 0;
    public int $services = 0;

    public function afterQuery(): void
    {
        $this->queries++;
    }

    public function afterServiceResolve(): void
    {
        $this->services++;
    }
}

$order = getenv('ORDER');
if ($order === 'first' || $order === 'call') {
    require __DIR__ . '/begin.php';
}
Container::becomes((string) getenv('VERSION'));
$container = new Container();
$told = new Told();
if (getenv('OWN_MANAGER') === '1') {
    $manager = new Manager();
    $manager->attach('di', $told);
    $container->setInternalEventsManager($manager);
}
if ($order === 'filled') {
    require __DIR__ . '/begin.php';
}
$made = 0;
$container->set('db', static function () use ($told, &$made): Connection {
    $made++;
    $connection = new Connection((string) getenv('VERSION'));
    $manager = new Manager();
    $manager->attach('db', $told);
    $connection->setEventsManager($manager);
    return $connection;
}, true);
$container->set('archive', static function () use (&$made): Connection {
    $made++;
    return new Connection((string) getenv('VERSION'));
});
$container->set('router', static function (): Router {
    return new Router();
}, true);
$container->set('dispatcher', static function (): Dispatcher {
    return new Dispatcher();
}, true);
$container->set('never', static function (): object {
    echo "made what nobody asked for\n";
    return new stdClass();
}, true);
$container->getShared('db')->query('SELECT 0');
if ($order === 'connected') {
    require __DIR__ . '/begin.php';
} elseif ($order === 'call' && class_exists('Bitville\Listener', false)) {
    Bitville\Listener::attach($container);
    Bitville\Listener::attach($container);
}
$container->getShared('router');
$container->getShared('dispatcher');
for ($number = 1; $number <= 3; $number++) {
    $container->getShared('db')->query('SELECT ' . $number . ' FROM cart');
    $container->get('archive')->query('SELECT ' . $number . ' FROM archive');
}
echo json_encode([$told->queries, $made, getenv('OWN_MANAGER') === '1' ? $told->services > 0 : null]), "\n";
