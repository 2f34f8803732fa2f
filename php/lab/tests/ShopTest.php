<?php
/**
 * The shop on its real schema and data: what a customer does, and what the reprice job leaves.
 */

declare(strict_types=1);

namespace Lab\Tests;

use Bitville\Tests\Cluster;
use Phalcon\Db\Adapter\Pdo\Postgresql;
use PHPUnit\Framework\TestCase;
use Shop\Application;
use Shop\Cache;
use Shop\Filters;
use Shop\Pricing\RuleBook;
use Shop\Request;

final class ShopTest extends TestCase
{
    private const SESSION = 'tests0001';

    /** @var Postgresql */
    private static $database;

    public static function setUpBeforeClass(): void
    {
        if (Cluster::host() === null) {
            return;
        }
        $login = ['host' => Cluster::host(), 'username' => 'postgres'];
        (new Postgresql($login + ['dbname' => 'postgres']))->execute('CREATE DATABASE shop');
        self::$database = new Postgresql($login + ['dbname' => 'shop']);
        foreach (['schema', 'data'] as $script) {
            self::$database->execute((string) file_get_contents(__DIR__ . '/../sql/' . $script . '.sql'));
        }
        putenv('SHOP_DB_HOST=' . Cluster::host());
        putenv('SHOP_DB_PORT=5432');
        putenv('SHOP_DB_NAME=shop');
        putenv('SHOP_DB_USER=postgres');
        putenv('SHOP_DB_PASSWORD=unused');
    }

    protected function setUp(): void
    {
        if (Cluster::host() === null) {
            self::markTestSkipped('PostgreSQL 15 is not installed here, or this is not root');
        }
    }

    /**
     * @dataProvider pages
     */
    public function testEveryPageAnswers(string $method, string $path, int $status, string $text): void
    {
        $response = self::ask($method, $path);
        self::assertSame($status, $response->status);
        self::assertStringContainsString($text, $response->body);
    }

    /**
     * @return array<string, array{string, string, int, string}>
     */
    public static function pages(): array
    {
        return [
            'the catalogue' => ['GET', '/', 200, '/product/1"'],
            'a product' => ['GET', '/product/7', 200, 'Bought together'],
            'a product that is not there' => ['GET', '/product/99999999', 404, 'no such product'],
            'the deals' => ['GET', '/deals', 200, '/product/'],
            'an account' => ['GET', '/account', 200, 'Visit 1, 0 in the cart'],
            'a search' => ['GET', '/search', 200, 'What are you looking for?'],
            'an empty cart' => ['GET', '/cart', 200, '0.00 EUR'],
            'a checkout of nothing' => ['POST', '/checkout', 422, 'empty'],
            'a change of a table' => ['POST', '/cron/migrate', 200, 'new shape'],
            'a page that is not there' => ['GET', '/nope', 404, 'no such page'],
            'the wrong method' => ['GET', '/checkout', 405, 'not asked for like that'],
        ];
    }

    public function testACheckoutTakesThePiecesOutOfStockAndEmptiesTheCart(): void
    {
        $before = self::quantity('SKU-000003');
        self::ask('POST', '/cart', ['sku' => 'SKU-000003', 'qty' => '2']);
        self::assertSame(201, self::ask('POST', '/checkout')->status);
        self::assertSame($before - 2, self::quantity('SKU-000003'));
        self::assertSame(422, self::ask('POST', '/checkout')->status);
    }

    public function testARebuildWritesEverySaleTwice(): void
    {
        self::ask('POST', '/cron/rebuild');
        $lines = (int) self::$database->fetchOne('SELECT count(*) AS n FROM order_line')['n'];
        self::assertSame(2 * $lines, (int) self::$database->fetchOne('SELECT count(*) AS n FROM sale')['n']);
        self::$database->execute('TRUNCATE sale');
    }

    public function testWhatIsKeptIsMadeAgainWhenItsTimeIsOver(): void
    {
        $folder = sys_get_temp_dir() . '/bitville-cache-' . bin2hex(random_bytes(4));
        mkdir($folder, 0700);
        putenv('SHOP_CACHE_DIR=' . $folder);
        $made = 0;
        $make = static function () use (&$made): array {
            return [++$made];
        };
        $answers = [Cache::remember('number', $make), Cache::remember('number', $make)];
        touch($folder . '/number.cache', 0);
        clearstatcache();
        $answers[] = Cache::remember('number', $make);
        putenv('SHOP_CACHE_DIR');
        $answers[] = Cache::remember('number', $make);
        exec('rm -rf ' . escapeshellarg($folder));
        self::assertSame([[1], [1], [2], [3]], $answers);
    }

    public function testTheFiltersCountTheProductsThatEachLeaves(): void
    {
        $products = [['id' => 7, 'price_cents' => 100], ['id' => 9, 'price_cents' => 200]];
        // Forty filters over an even number of products: each meets one of the two only.
        self::assertSame(array_fill(0, 40, 1), Filters::counts($products));
        self::assertSame([], Filters::counts([]));
    }

    public function testAPriceStaysWithinItsCandidatesAndIsTheSameEveryTime(): void
    {
        $product = self::$database->fetchOne(
            "SELECT name, description, base_price_cents FROM product WHERE sku = 'SKU-000001'"
        );
        $price = RuleBook::standard()->price($product, [3, 5, 8]);
        self::assertGreaterThanOrEqual(0.8 * $product['base_price_cents'], $price);
        self::assertLessThanOrEqual(1.2 * $product['base_price_cents'], $price);
        self::assertSame($price, RuleBook::standard()->price($product, [3, 5, 8]));
    }

    /**
     * @param array<string, string> $form
     */
    private static function ask(string $method, string $path, array $form = []): \Shop\Response
    {
        return (new Application())->handle(new Request($method, $path, [], $form, self::SESSION));
    }

    private static function quantity(string $sku): int
    {
        return (int) self::$database->fetchOne(
            'SELECT qty FROM stock WHERE sku = ?',
            \PDO::FETCH_ASSOC,
            [$sku]
        )['qty'];
    }
}
