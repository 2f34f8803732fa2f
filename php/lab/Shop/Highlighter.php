<?php
/**
 * Finds out whether a description is made of words alone, with a pattern that tries every way of cutting a
 * text into words before it says no.
 */

declare(strict_types=1);

namespace Shop;

final class Highlighter
{
    public static function isPlain(string $text): bool
    {
        return preg_match('/^(\\w+\\s?)+$/', $text . '!') === 1;
    }
}
