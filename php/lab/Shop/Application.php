<?php
/**
 * Finds the controller of a path and runs it. One database connection per request, as in the shops
 * that this one stands for.
 */

declare(strict_types=1);

namespace Shop;

use Shop\Controller\AccountController;
use Shop\Controller\CartController;
use Shop\Controller\CatalogueController;
use Shop\Controller\CheckoutController;
use Shop\Controller\CronController;
use Shop\Controller\DealController;
use Shop\Controller\SearchController;

final class Application
{
    /** Method, path with its one kind of placeholder, controller, action. */
    private const ROUTES = [
        ['GET', '/', CatalogueController::class, 'indexAction'],
        ['GET', '/product/{id}', CatalogueController::class, 'productAction'],
        ['GET', '/search', SearchController::class, 'searchAction'],
        ['GET', '/deals', DealController::class, 'indexAction'],
        ['GET', '/account', AccountController::class, 'showAction'],
        ['GET', '/account/invoices', AccountController::class, 'invoicesAction'],
        ['GET', '/cart', CartController::class, 'showAction'],
        ['POST', '/cart', CartController::class, 'addAction'],
        ['POST', '/checkout', CheckoutController::class, 'submitAction'],
        ['POST', '/cron/export', CronController::class, 'exportAction'],
        ['POST', '/cron/migrate', CronController::class, 'migrateAction'],
        ['POST', '/cron/rebuild', CronController::class, 'rebuildAction'],
        ['POST', '/cron/report', CronController::class, 'reportAction'],
        ['POST', '/cron/reprice', CronController::class, 'repriceAction'],
        ['POST', '/cron/sync', CronController::class, 'syncAction'],
    ];

    public function handle(Request $request): Response
    {
        $known = false;
        foreach (self::ROUTES as [$method, $route, $controller, $action]) {
            $pattern = '#^' . str_replace('{id}', '(\d{1,9})', $route) . '$#D';
            if (preg_match($pattern, $request->path, $matches) !== 1) {
                continue;
            }
            $known = true;
            if ($method === $request->method) {
                self::tellBitville($route, $controller, $action);

                return (new $controller(Database::connect()))->{$action}($request, ...array_slice($matches, 1));
            }
        }

        return $known
            ? new Response(View::page('Not that way', '<p>This page is not asked for like that.</p>'), 405)
            : new Response(View::page('Not found', '<p>There is no such page.</p>'), 404);
    }

    /**
     * A shop with Phalcon's router would be recognised by itself; this one has a router of its own.
     */
    private static function tellBitville(string $route, string $controller, string $action): void
    {
        if (class_exists('Bitville\Listener', false)) {
            \Bitville\Listener::route($route, substr((string) strrchr($controller, '\\'), 1) . '::' . $action);
        }
    }
}
