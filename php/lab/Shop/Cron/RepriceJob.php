<?php
/**
 * Gives every hot product a new price, all or none: one transaction around everything.
 *
 * This is the fault behind the spike "lock-pile-up". Each price costs the rule engine a good part
 * of a second (and no more than its bound, or a slow machine would not be done before everyone has given up),
 * and every row that has its new price stays locked until the last one has. Whoever
 * checks out a hot product meanwhile waits.
 */

declare(strict_types=1);

namespace Shop\Cron;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Pricing\RuleBook;

final class RepriceJob
{
    private const SECONDS_OF_PRODUCT_MAX = 1.25;

    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function run(): int
    {
        $rules = RuleBook::standard(self::SECONDS_OF_PRODUCT_MAX);
        $this->database->begin();
        $products = $this->database->fetchAll(
            'SELECT p.sku, p.name, p.description, p.base_price_cents FROM product p '
            . 'JOIN stock s ON s.sku = p.sku WHERE s.is_hot ORDER BY p.sku'
        );
        foreach ($products as $product) {
            $price = $rules->price($product, $this->salesByWeek($product['sku']));
            $this->database->execute(
                'UPDATE stock SET price_cents = ?, priced_at = now() WHERE sku = ?',
                [$price, $product['sku']]
            );
        }
        $this->database->commit();

        return count($products);
    }

    /**
     * @return array<int, int> pieces sold, the oldest week first
     */
    private function salesByWeek(string $sku): array
    {
        $weeks = $this->database->fetchAll(
            "SELECT date_trunc('week', o.ordered_at) AS week, sum(l.qty) AS sold FROM order_line l "
            . 'JOIN customer_order o ON o.id = l.order_id WHERE l.sku = ? GROUP BY 1 ORDER BY 1',
            \PDO::FETCH_ASSOC,
            [$sku]
        );

        return array_map('intval', array_column($weeks, 'sold'));
    }
}
