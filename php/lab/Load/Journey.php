<?php
/**
 * One customer's visit: a list of requests, each with the time spent thinking before it. Some only
 * look around, some buy, and most of those who buy want one of the hot products.
 */

declare(strict_types=1);

namespace Load;

final class Journey
{
    /** As in sql/data.sql. */
    private const PRODUCTS = 24000;
    private const HOT_PRODUCTS = 48;
    private const HOT_SHARE = 0.85;
    private const WORDS = ['oak table', 'wool', 'garden set', 'linen', 'steel', 'travel', 'river', 'bamboo', 'cork'];
    /** Counting all orders for a search is rare, and it hurts. */
    private const POPULAR_SHARE = 0.15;

    /** @var string */
    public $session;
    /** @var array<int, array{float, string, string, string}> seconds before, method, path, body */
    private $steps;

    /**
     * @param array<int, array{float, string, string, string}> $steps
     */
    private function __construct(array $steps)
    {
        $this->session = 'lab' . bin2hex(pack('NN', mt_rand(), mt_rand()));
        $this->steps = $steps;
    }

    public static function browse(): self
    {
        $steps = [[0.0, 'GET', '/', '']];
        for ($i = mt_rand(1, 3); $i > 0; $i--) {
            $steps[] = [self::think(), 'GET', '/product/' . self::product(), ''];
        }
        if (self::chance(0.6)) {
            $steps[] = [self::think(), 'GET', self::search(), ''];
        }
        if (self::chance(0.5)) {
            $steps[] = [self::think(), 'GET', '/deals', ''];
        }

        return new self($steps);
    }

    public static function buy(): self
    {
        $steps = [[0.0, 'GET', '/', '']];
        for ($i = mt_rand(1, 2); $i > 0; $i--) {
            $product = self::product();
            $steps[] = [self::think(), 'GET', '/product/' . $product, ''];
            $steps[] = [self::think(), 'POST', '/cart', sprintf('sku=SKU-%06d&qty=%d', $product, mt_rand(1, 3))];
        }
        if (self::chance(0.4)) {
            $steps[] = [self::think(), 'GET', '/deals', ''];
        }
        if (self::chance(0.4)) {
            $steps[] = [self::think(), 'GET', '/account', ''];
        }
        $steps[] = [self::think(), 'GET', '/cart', ''];
        $steps[] = [self::think(), 'POST', '/checkout', 'payment=invoice'];

        return new self($steps);
    }

    /**
     * @return array{float, string, string, string}|null
     */
    public function next(): ?array
    {
        return array_shift($this->steps);
    }

    public static function chance(float $share): bool
    {
        return mt_rand() < $share * mt_getrandmax();
    }

    private static function think(): float
    {
        return mt_rand(150, 1500) / 1000;
    }

    private static function product(): int
    {
        if (!self::chance(self::HOT_SHARE)) {
            return mt_rand(1, self::PRODUCTS);
        }
        $share = mt_rand() / (mt_getrandmax() + 1);

        // Even among the hot ones some are hotter: the first quarter gets half of the interest.
        return 1 + (int) (self::HOT_PRODUCTS * $share * $share);
    }

    /**
     * A search as a crawler follows it: every link there is, the dearest too.
     */
    public static function anySearch(): string
    {
        return '/search?q=' . rawurlencode(self::WORDS[mt_rand(0, count(self::WORDS) - 1)]) . '&sort=popular';
    }

    private static function search(): string
    {
        return '/search?q=' . rawurlencode(self::WORDS[mt_rand(0, count(self::WORDS) - 1)])
            . (self::chance(self::POPULAR_SHARE) ? '&sort=popular' : '');
    }
}
