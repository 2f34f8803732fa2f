<?php
/**
 * All pricing rules, and the search for the price that earns the most under them.
 *
 * It asks every rule again for every candidate price and every country, although the
 * answer never changes: honest, slow code of the kind that grows in shops. This is where the time
 * of the reprice job goes.
 */

declare(strict_types=1);

namespace Shop\Pricing;

final class RuleBook
{
    /** Each country has its own text, so rules are matched for each of them. */
    private const COUNTRIES = [
        'AT', 'BE', 'BG', 'CH', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GB', 'GR', 'HR', 'HU', 'IE',
        'IS', 'IT', 'LI', 'LT', 'LU', 'LV', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK',
    ];
    private const CANDIDATES = 600;
    private const COST_SHARE = 0.55;
    /** What the rules look for, with how they move the price. */
    private const TOPICS = [
        'summer' => 0.92, 'winter' => 1.04, 'garden' => 1.02, 'kitchen' => 0.97, 'oak' => 1.08,
        'steel' => 1.03, 'cotton' => 0.95, 'leather' => 1.12, 'handmade' => 1.15, 'outdoor' => 0.99,
        'wool' => 1.05, 'ceramic' => 0.96, 'travel' => 1.01, 'classic' => 0.94, 'compact' => 0.98,
        'premium' => 1.18,
    ];

    /** @var array<int, Rule> */
    private $rules;

    /** @var float */
    private $secondsMax;

    /**
     * @param array<int, Rule> $rules
     * @param float $secondsMax of a product; the best price that was found until then will do
     */
    public function __construct(array $rules, float $secondsMax)
    {
        $this->rules = $rules;
        $this->secondsMax = $secondsMax;
    }

    public static function standard(float $secondsMax = INF): self
    {
        $rules = [];
        foreach (self::TOPICS as $topic => $factor) {
            $rules[] = new Rule('/\b(?:for|from|in|with)\s+(?:\w+\s+){0,14}' . $topic . '\b/i', $factor);
            $rules[] = new Rule('/' . $topic . '(?:\W+\w+){1,24}\W+(?:sale|gift|set)\b/i', 2.0 - $factor);
        }

        return new self($rules, $secondsMax);
    }

    /**
     * @param array<string, mixed> $product
     * @param array<int, int> $salesByWeek
     * @return int cents
     */
    public function price(array $product, array $salesByWeek): int
    {
        $usual = (float) $product['base_price_cents'];
        $demand = new Demand($salesByWeek);
        $best = $usual;
        $bestProfit = 0.0;
        $until = microtime(true) + $this->secondsMax;
        for ($step = 0; $step < self::CANDIDATES && microtime(true) < $until; $step++) {
            $candidate = $usual * (0.8 + 0.4 * $step / self::CANDIDATES);
            $profit = $this->profit($product, $candidate, $demand);
            if ($profit > $bestProfit) {
                $bestProfit = $profit;
                $best = $candidate;
            }
        }

        return (int) round($best);
    }

    /**
     * @param array<string, mixed> $product
     */
    private function profit(array $product, float $candidate, Demand $demand): float
    {
        $usual = (float) $product['base_price_cents'];
        $profit = 0.0;
        foreach (self::COUNTRIES as $country) {
            $price = $this->priceFor($country, $product, $candidate);
            $profit += ($price - self::COST_SHARE * $usual) * $demand->at($price, $usual);
        }

        return $profit;
    }

    /**
     * @param array<string, mixed> $product
     */
    private function priceFor(string $country, array $product, float $candidate): float
    {
        $text = $product['name'] . ' for ' . $country . ': ' . $product['description'];
        $price = $candidate;
        foreach ($this->rules as $rule) {
            if ($rule->match($text)) {
                $price = $rule->apply($price);
            }
        }

        return $price;
    }
}
