<?php
/**
 * HTML of the shop. Enough of it that rendering takes its usual small share of a request.
 */

declare(strict_types=1);

namespace Shop;

final class View
{
    public static function page(string $title, string $content): string
    {
        return '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>' . self::escape($title)
            . '</title></head><body><nav><a href="/">' . Messages::text('catalogue', 'Catalogue')
            . '</a> <a href="/cart">' . Messages::text('cart', 'Cart') . '</a></nav><h1>'
            . self::escape($title) . '</h1>' . $content . '</body></html>';
    }

    /**
     * @param array<int, array<string, mixed>> $products
     */
    public static function productList(array $products): string
    {
        $items = '';
        foreach ($products as $product) {
            $items .= self::productLine($product);
        }

        return $items === '' ? '<p>Nothing found.</p>' : '<ul>' . $items . '</ul>';
    }

    /**
     * @param array<string, mixed> $product
     */
    public static function productLine(array $product): string
    {
        return sprintf(
            '<li><a href="/product/%d">%s</a> <b>%s</b></li>',
            $product['id'],
            self::escape((string) $product['name']),
            self::price((int) $product['price_cents'])
        );
    }

    public static function price(int $cents): string
    {
        return number_format($cents / 100, 2, '.', ',') . ' EUR';
    }

    public static function escape(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_HTML5, 'UTF-8');
    }
}
