<?php
/**
 * Full text search the way it is done until it hurts: ILIKE over name and description. By
 * popularity it also counts everybody who ever bought, which makes it the shop's slowest ordinary page.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Request;
use Shop\Response;
use Shop\View;

final class SearchController
{
    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function searchAction(Request $request): Response
    {
        $text = $request->query('q');
        if ($text === '') {
            return new Response(View::page('Search', '<p>What are you looking for?</p>'));
        }
        $products = $request->query('sort') === 'popular' ? $this->popular($text) : $this->plain($text);

        return new Response(View::page('Search: ' . $text, View::productList($products)));
    }

    /**
     * @return array<int, array<string, mixed>>
     */
    private function plain(string $text): array
    {
        return $this->database->fetchAll(
            'SELECT p.id, p.name, s.price_cents FROM product p JOIN stock s ON s.sku = p.sku '
            . 'WHERE p.name ILIKE :text OR p.description ILIKE :text ORDER BY p.name LIMIT 40',
            \PDO::FETCH_ASSOC,
            ['text' => '%' . $text . '%']
        );
    }

    /**
     * @return array<int, array<string, mixed>>
     */
    private function popular(string $text): array
    {
        return $this->database->fetchAll(
            'SELECT p.id, p.name, s.price_cents, count(DISTINCT o.session) AS buyers, '
            . "count(DISTINCT o.session) FILTER (WHERE o.ordered_at > now() - interval '90 days') AS lately "
            . 'FROM product p JOIN stock s ON s.sku = p.sku JOIN order_line l ON l.sku = p.sku '
            . 'JOIN customer_order o ON o.id = l.order_id '
            . 'WHERE p.name ILIKE :text OR p.description ILIKE :text '
            . 'GROUP BY p.id, p.name, s.price_cents ORDER BY lately DESC, buyers DESC, p.id LIMIT 40',
            \PDO::FETCH_ASSOC,
            ['text' => '%' . $text . '%']
        );
    }
}
