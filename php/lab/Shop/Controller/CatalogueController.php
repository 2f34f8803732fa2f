<?php
/**
 * The start page and the product pages.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Bestsellers;
use Shop\Fault;
use Shop\Highlighter;
use Shop\Recommend;
use Shop\Request;
use Shop\Response;
use Shop\Reviews;
use Shop\View;

final class CatalogueController
{
    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function indexAction(Request $request): Response
    {
        $categories = $this->database->fetchAll('SELECT id, name FROM category ORDER BY name');
        $products = $this->database->fetchAll(
            'SELECT p.id, p.sku, p.name, s.price_cents FROM product p JOIN stock s ON s.sku = p.sku '
            . 'WHERE s.is_hot ORDER BY p.id LIMIT 48'
        );
        if (Fault::is('n-plus-one')) {
            foreach ($products as $product) {
                $this->boughtTogether($product['sku']);
            }
        }
        if (Fault::is('regex-backtracking')) {
            $this->highlight();
        }
        $links = '';
        foreach ($categories as $category) {
            $links .= '<a href="/search?q=' . rawurlencode($category['name']) . '">'
                . View::escape($category['name']) . '</a> ';
        }

        $content = '<p>' . $links . '</p>' . View::productList($products)
            . '<h2>Bestsellers</h2>' . View::productList((new Bestsellers($this->database))->products());

        return new Response(View::page('Catalogue', $content));
    }

    public function productAction(Request $request, string $id): Response
    {
        $product = $this->database->fetchOne(
            'SELECT p.id, p.sku, p.name, p.description, p.category_id, s.price_cents, s.qty '
            . 'FROM product p JOIN stock s ON s.sku = p.sku WHERE p.id = ?',
            \PDO::FETCH_ASSOC,
            [$id]
        );
        if ($product === []) {
            return new Response(View::page('Not found', '<p>There is no such product.</p>'), 404);
        }
        if (Fault::is('cpu-function')) {
            Recommend::distance($product['sku']);
        }
        if (Fault::is('slow-outside-call')) {
            Reviews::of($product['sku']);
        }
        $content = '<p>' . View::escape($product['description']) . '</p><p>'
            . View::price((int) $product['price_cents'])
            . ($product['qty'] > 0 ? ', in stock' : ', sold out') . '</p>'
            . '<h2>Bought together</h2>' . View::productList($this->boughtTogether($product['sku']));

        return new Response(View::page($product['name'], $content));
    }

    private function highlight(): void
    {
        $texts = $this->database->fetchAll(
            'SELECT p.description FROM product p JOIN stock s ON s.sku = p.sku WHERE s.is_hot ORDER BY p.id'
        );
        foreach ($texts as $row) {
            Highlighter::isPlain($row['description']);
        }
    }

    /**
     * @return array<int, array<string, mixed>>
     */
    private function boughtTogether(string $sku): array
    {
        return $this->database->fetchAll(
            'SELECT p.id, p.name, s.price_cents FROM ('
            . ' SELECT other.sku, count(*) AS times FROM order_line mine'
            . ' JOIN order_line other ON other.order_id = mine.order_id AND other.sku <> mine.sku'
            . ' WHERE mine.sku = ? GROUP BY other.sku ORDER BY times DESC, other.sku LIMIT 5'
            . ') t JOIN product p ON p.sku = t.sku JOIN stock s ON s.sku = t.sku ORDER BY t.times DESC',
            \PDO::FETCH_ASSOC,
            [$sku]
        );
    }
}
