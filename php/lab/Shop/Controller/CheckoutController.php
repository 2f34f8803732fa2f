<?php
/**
 * Turns a cart into an order: takes the pieces out of stock, writes the order, empties the cart,
 * all in one transaction.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Request;
use Shop\Response;
use Shop\View;

final class CheckoutController
{
    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function submitAction(Request $request): Response
    {
        $this->database->begin();
        $lines = $this->cartLines($request->session());
        if ($lines === []) {
            $this->database->rollback();

            return new Response(View::page('Nothing to order', '<p>Your cart is empty.</p>'), 422);
        }
        foreach ($lines as $line) {
            $this->takeFromStock($line['sku'], (int) $line['qty']);
        }
        $orderId = $this->writeOrder($request->session(), $lines);
        $this->database->execute('DELETE FROM cart_line WHERE session = ?', [$request->session()]);
        $this->database->commit();

        return new Response(View::page('Thank you', '<p>Your order has the number ' . $orderId . '.</p>'), 201);
    }

    /**
     * In the order of the SKUs, so that two checkouts can wait for each other, but never in a ring.
     *
     * @return array<int, array<string, mixed>>
     */
    private function cartLines(string $session): array
    {
        return $this->database->fetchAll(
            'SELECT sku, sum(qty) AS qty FROM cart_line WHERE session = ? GROUP BY sku ORDER BY sku',
            \PDO::FETCH_ASSOC,
            [$session]
        );
    }

    private function takeFromStock(string $sku, int $qty): void
    {
        $this->database->execute('UPDATE stock SET qty = qty - ? WHERE sku = ?', [$qty, $sku]);
    }

    /**
     * @param array<int, array<string, mixed>> $lines
     */
    private function writeOrder(string $session, array $lines): int
    {
        $order = $this->database->fetchOne(
            'INSERT INTO customer_order (session, ordered_at) VALUES (?, now()) RETURNING id',
            \PDO::FETCH_ASSOC,
            [$session]
        );
        foreach ($lines as $line) {
            $this->database->execute(
                'INSERT INTO order_line (order_id, sku, qty, price_cents) '
                . 'SELECT ?::bigint, sku, ?::integer, price_cents FROM stock WHERE sku = ?',
                [$order['id'], $line['qty'], $line['sku']]
            );
        }

        return (int) $order['id'];
    }
}
