<?php
/**
 * One pricing rule: which products it is for, told by a regular expression over their text, and
 * by how much it moves the price.
 */

declare(strict_types=1);

namespace Shop\Pricing;

final class Rule
{
    /** @var string */
    private $pattern;
    /** @var float */
    private $factor;

    public function __construct(string $pattern, float $factor)
    {
        $this->pattern = $pattern;
        $this->factor = $factor;
    }

    public function match(string $text): bool
    {
        return preg_match($this->pattern, $text) === 1;
    }

    public function apply(float $price): float
    {
        return $price * $this->factor;
    }
}
