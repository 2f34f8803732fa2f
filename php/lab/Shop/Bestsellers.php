<?php
/**
 * What sells best in each category, for the start page. It counts the buyers of all orders, so it is asked
 * for once a day and kept: whoever comes when that day is over finds out what it costs.
 */

declare(strict_types=1);

namespace Shop;

use Phalcon\Db\Adapter\Pdo\Postgresql;

final class Bestsellers
{
    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    /**
     * @return array<int, array<string, mixed>>
     */
    public function products(): array
    {
        return Cache::remember('bestsellers', function (): array {
            $products = [];
            foreach ($this->database->fetchAll('SELECT id FROM category ORDER BY id') as $category) {
                foreach ($this->ofCategory((int) $category['id']) as $product) {
                    $products[] = $product;
                }
            }

            return $products;
        });
    }

    /**
     * @return array<int, array<string, mixed>>
     */
    private function ofCategory(int $category): array
    {
        return $this->database->fetchAll(
            'SELECT p.id, p.name, s.price_cents, count(DISTINCT o.session) AS buyers FROM order_line l '
            . 'JOIN customer_order o ON o.id = l.order_id JOIN product p ON p.sku = l.sku '
            . 'JOIN stock s ON s.sku = l.sku WHERE p.category_id = ? '
            . 'GROUP BY p.id, p.name, s.price_cents ORDER BY buyers DESC, p.id LIMIT 1',
            \PDO::FETCH_ASSOC,
            [$category]
        );
    }
}
