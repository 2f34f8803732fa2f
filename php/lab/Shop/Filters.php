<?php
/**
 * How many products each filter would leave, by making every combination first and counting afterwards: all
 * of them are in memory at once, for one group of customers after the other.
 */

declare(strict_types=1);

namespace Shop;

final class Filters
{
    /** Some 130 MB of small arrays. */
    private const COMBINATIONS = 330000;
    private const FILTERS = 40;
    private const GROUPS = 4;

    /**
     * @param array<int, array<string, mixed>> $products
     * @return array<int, int> products by filter
     */
    public static function counts(array $products): array
    {
        $counts = [];
        for ($group = 0; $group < self::GROUPS; $group++) {
            $counts = self::countsOfGroup($products);
        }

        return $counts;
    }

    /**
     * @param array<int, array<string, mixed>> $products
     * @return array<int, int> products by filter
     */
    private static function countsOfGroup(array $products): array
    {
        $rows = [];
        for ($i = 0; $products !== [] && $i < self::COMBINATIONS; $i++) {
            $product = $products[$i % count($products)];
            $rows[] = ['product' => $product['id'], 'filter' => $i % self::FILTERS, 'cents' => $product['price_cents'] + $i];
        }
        $found = [];
        foreach ($rows as $row) {
            $found[$row['filter']][$row['product']] = ($found[$row['filter']][$row['product']] ?? 0) + $row['cents'];
        }
        $counts = [];
        foreach ($found as $filter => $matches) {
            $counts[$filter] = count($matches);
        }

        return $counts;
    }
}
