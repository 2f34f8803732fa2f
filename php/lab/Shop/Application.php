<?php
/**
 * Finds the controller of a path and runs it. One database connection per request, as in the shops
 * that this one stands for.
 */

declare(strict_types=1);

namespace Shop;

use Shop\Controller\CartController;
use Shop\Controller\CatalogueController;
use Shop\Controller\CheckoutController;
use Shop\Controller\CronController;
use Shop\Controller\SearchController;

final class Application
{
    /** Method, pattern of the path, controller, action. */
    private const ROUTES = [
        ['GET', '#^/$#', CatalogueController::class, 'indexAction'],
        ['GET', '#^/product/(\d{1,9})$#', CatalogueController::class, 'productAction'],
        ['GET', '#^/search$#', SearchController::class, 'searchAction'],
        ['GET', '#^/cart$#', CartController::class, 'showAction'],
        ['POST', '#^/cart$#', CartController::class, 'addAction'],
        ['POST', '#^/checkout$#', CheckoutController::class, 'submitAction'],
        ['POST', '#^/cron/reprice$#', CronController::class, 'repriceAction'],
    ];

    public function handle(Request $request): Response
    {
        $known = false;
        foreach (self::ROUTES as [$method, $pattern, $controller, $action]) {
            if (preg_match($pattern, $request->path, $matches) !== 1) {
                continue;
            }
            $known = true;
            if ($method === $request->method) {
                return (new $controller(Database::connect()))->{$action}($request, ...array_slice($matches, 1));
            }
        }

        return $known
            ? new Response(View::page('Not that way', '<p>This page is not asked for like that.</p>'), 405)
            : new Response(View::page('Not found', '<p>There is no such page.</p>'), 404);
    }
}
