<?php
/**
 * What is cheaper today, if something else of the same bundle is bought with it.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Fault;
use Shop\Filters;
use Shop\Request;
use Shop\Response;
use Shop\View;

final class DealController
{
    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function indexAction(Request $request): Response
    {
        $deals = $this->database->fetchAll(
            'SELECT p.id, p.name, s.price_cents, max(d.percent + other.percent) AS percent FROM deal d '
            . "JOIN deal other ON other.bundle = d.bundle AND other.id <> d.id AND other.state = 'running' "
            . 'JOIN product p ON p.sku = d.sku JOIN stock s ON s.sku = d.sku '
            . "WHERE d.state = 'running' GROUP BY p.id, p.name, s.price_cents "
            . 'ORDER BY percent DESC, p.id LIMIT 40'
        );
        $filters = Fault::is('memory-hog') ? count(Filters::counts($deals)) : 0;

        return new Response(View::page('Deals', View::productList($deals) . '<p>' . $filters . ' filters</p>'));
    }
}
