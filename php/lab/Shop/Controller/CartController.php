<?php
/**
 * A customer's cart, kept in the database under the session's name.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Request;
use Shop\Response;
use Shop\View;

final class CartController
{
    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function showAction(Request $request): Response
    {
        $lines = $this->database->fetchAll(
            'SELECT id, sku, qty FROM cart_line WHERE session = ? ORDER BY id',
            \PDO::FETCH_ASSOC,
            [$request->session()]
        );
        $rows = '';
        $total = 0;
        foreach ($lines as $line) {
            // One statement per line: every shop has such a place.
            $product = $this->database->fetchOne(
                'SELECT p.id, p.name, s.price_cents FROM product p JOIN stock s ON s.sku = p.sku WHERE p.sku = ?',
                \PDO::FETCH_ASSOC,
                [$line['sku']]
            );
            $total += (int) $product['price_cents'] * (int) $line['qty'];
            $rows .= (int) $line['qty'] . ' x ' . View::productLine($product);
        }

        return new Response(View::page('Cart', '<ul>' . $rows . '</ul><p>' . View::price($total) . '</p>'));
    }

    public function addAction(Request $request): Response
    {
        $sku = $request->form('sku');
        $qty = max(1, min(10, (int) $request->form('qty')));
        $known = $this->database->fetchOne('SELECT sku FROM product WHERE sku = ?', \PDO::FETCH_ASSOC, [$sku]);
        if ($known === []) {
            return new Response(View::page('Not found', '<p>There is no such product.</p>'), 404);
        }
        $this->database->execute(
            'INSERT INTO cart_line (session, sku, qty) VALUES (?, ?, ?)',
            [$request->session(), $sku, $qty]
        );

        return new Response(View::page('Added', '<p>It is in your cart.</p>'), 201);
    }
}
