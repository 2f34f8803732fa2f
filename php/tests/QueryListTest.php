<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Queries;
use PHPUnit\Framework\TestCase;

/** Many statements stay few lines, and nothing of their numbers is lost. */
final class QueryListTest extends TestCase
{
    private const STEP_US = 100;

    public function testFiveThousandOfOneShapeAreSomeLinesAndANumber(): void
    {
        $sql = self::ask(static function (int $number): array {
            return ['SELECT * FROM item WHERE id = ' . $number, self::STEP_US];
        });

        self::assertCount(20, $sql['queries']);
        self::assertSame(\range(0, 19), \array_map(static function (array $query): int {
            return (int) ($query['start_us'] / self::STEP_US);
        }, $sql['queries']));
        self::assertCount(1, $sql['repeated']);
        $group = $sql['repeated'][0];
        self::assertSame('SELECT * FROM item WHERE id = ?', $group['sql']);
        self::assertSame(4980, $group['count']);
        self::assertSame([2000, 500000], [$group['first_start_us'], $group['last_end_us']]);
        self::assertLessThan(10000, \strlen((string) \json_encode($sql)));
        self::assertAddsUp($sql, 5000, 5000 * self::STEP_US);
    }

    public function testSlowOnesAmongThemAreListed(): void
    {
        $sql = self::ask(static function (int $number): array {
            return ['SELECT * FROM item WHERE id = ' . $number, $number === 3000 ? 700000 : self::STEP_US];
        });

        self::assertSame([700000], \array_values(\array_filter(\array_column($sql['queries'], 'duration_us'), static function (int $us): bool {
            return $us > self::STEP_US;
        })));
        self::assertAddsUp($sql, 5000, 4999 * self::STEP_US + 700000);
    }

    public function testFiveThousandShapesStayBelowTheBoundAndTheSlowestAreListed(): void
    {
        $sql = self::ask(static function (int $number): array {
            return ['SELECT c' . $number . ' FROM t', 100 + $number];
        }, ['sql_queries_max' => '100']);

        self::assertCount(100, $sql['queries']);
        self::assertGreaterThanOrEqual(5000, \min(\array_column($sql['queries'], 'duration_us')));
        self::assertLessThanOrEqual(201, \count($sql['repeated']));
        self::assertContains('__other__', \array_column($sql['repeated'], 'sql'));
        self::assertAddsUp($sql, 5000, 5000 * 100 + \intdiv(5000 * 4999, 2));
    }

    public function testTheFirstThatTookLocksKeepTheirPlace(): void
    {
        $sql = self::ask(static function (int $number): array {
            return $number === 0 ? ['UPDATE stock SET qty = 1', 1] : ['SELECT c' . $number . ' FROM t', 100];
        }, ['sql_queries_max' => '50']);

        self::assertSame('UPDATE stock SET qty = ?', $sql['queries'][0]['sql']);
        self::assertAddsUp($sql, 5000, 1 + 4999 * 100);
    }

    /**
     * @param callable(int): array{0: string, 1: int} $statement text and duration by number
     * @param array<string, string>                   $php
     *
     * @return array<string, mixed>
     */
    private static function ask(callable $statement, array $php = []): array
    {
        $queries = new Queries(Given::settings($php), 0);
        $nowUs = 0;
        for ($number = 0; $number < 5000; $number++) {
            [$text, $durationUs] = $statement($number);
            $queries->begin(0, $nowUs * 1000, $text, null);
            $nowUs += $durationUs;
            $queries->end(0, $nowUs * 1000);
        }
        $queries->finish($nowUs * 1000);
        return $queries->describe();
    }

    /** @param array<string, mixed> $sql */
    private static function assertAddsUp(array $sql, int $count, int $totalUs): void
    {
        self::assertSame([$count, 0, $totalUs], [$sql['count'], $sql['failed'], $sql['total_us']]);
        self::assertSame($count, \count($sql['queries']) + \array_sum(\array_column($sql['repeated'], 'count')));
        self::assertSame($count - \count($sql['queries']), $sql['omitted']);
        $listedUs = \array_sum(\array_column($sql['queries'], 'duration_us'));
        self::assertSame($totalUs, $listedUs + \array_sum(\array_column($sql['repeated'], 'total_us')));
    }
}
