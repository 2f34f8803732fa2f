<?php
/**
 * What others say of a product: asked of another service for each page, without a timeout of its own.
 */

declare(strict_types=1);

namespace Shop;

final class Reviews
{
    public static function of(string $sku): string
    {
        $service = (string) getenv('SHOP_REVIEWS_URL');

        return substr((string) @file_get_contents($service . '?sku=' . rawurlencode($sku)), 0, 40);
    }
}
