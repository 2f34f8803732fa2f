<?php
/**
 * What else a customer may like, by a measure that nobody had tried with a whole catalogue.
 */

declare(strict_types=1);

namespace Shop;

final class Recommend
{
    private const CANDIDATES = 1500000;

    /**
     * How far a product is from all others, as one number: it takes most of a second of CPU.
     */
    public static function distance(string $sku): int
    {
        $sum = 0;
        for ($i = 0; $i < self::CANDIDATES; $i++) {
            $sum = ($sum * 31 + ord($sku[$i % strlen($sku)]) * $i) % 1000003;
            $sum ^= $i & 255;
        }

        return $sum;
    }
}
