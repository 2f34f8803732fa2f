<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\CallPairs;
use PHPUnit\Framework\TestCase;

/**
 * What the profile's consumer computes must not depend on what was left out.
 */
final class CallPairsTest extends TestCase
{
    public function testAProfileBelowTheBoundIsSentWhole(): void
    {
        $pairs = ['main()' => [1, 100], 'main()==>a' => [2, 60], 'a==>b' => [4, 50], 'main()==>b' => [1, 10]];
        $profile = self::fold($pairs, 10);

        self::assertSame(['main()', 'a', 'b'], $profile['names']);
        self::assertSame([[-1, 0, 1, 100], [0, 1, 2, 60], [1, 2, 4, 50], [0, 2, 1, 10]], $profile['edges']);
        self::assertSame(0, $profile['folded_edges']);
    }

    public function testAKeyIsSplitAtItsFirstArrow(): void
    {
        $profile = self::fold(['main()' => [1, 9], 'main()==>load::a==>b.php' => [1, 5]], 10);

        self::assertSame(['main()', 'load::a==>b.php'], $profile['names']);
    }

    public function testAMetricThatIsMissingIsZero(): void
    {
        $pairs = new CallPairs(['main()' => ['ct' => 1, 'wt' => 9]], ['ct', 'wt', 'mu'], [], Given::deadline());

        self::assertSame([[-1, 0, 1, 9, 0]], $pairs->fold(10)['edges']);
    }

    public function testNegativeMemoryIsKept(): void
    {
        $pairs = new CallPairs(['main()' => ['ct' => 1, 'wt' => 9, 'mu' => -512]], ['ct', 'wt', 'mu'], [], Given::deadline());

        self::assertSame([[-1, 0, 1, 9, -512]], $pairs->fold(10)['edges']);
    }

    public function testTheListenersOwnFunctionsBecomeOneWithExactlyTheirTime(): void
    {
        $pairs = [
            'main()' => [1, 1000],
            'main()==>App::run' => [1, 900],
            'App::run==>Phalcon\Db::query' => [2, 800],
            'Phalcon\Db::query==>Bitville\PhalconEvents::beforeQuery' => [2, 30],
            'Phalcon\Db::query==>Bitville\PhalconEvents::afterQuery' => [2, 20],
            'Bitville\PhalconEvents::beforeQuery==>Bitville\Silence::during' => [2, 25],
            'Bitville\Silence::during==>set_error_handler' => [4, 2],
            'Bitville\Silence::during==>Phalcon\Db::getSQLStatement' => [2, 6],
            'Phalcon\Db::getSQLStatement==>trim' => [2, 4],
            'Bitville\PhalconEvents::afterQuery==>hrtime' => [2, 1],
            'App::run==>hrtime' => [1, 3],
        ];
        $profile = self::fold($pairs, 100);
        $sums = self::sums($profile);

        self::assertSame(50 - 6, $sums['Bitville']['self']);
        self::assertSame(800 - 50, $sums['Phalcon\Db::query']['self']);
        self::assertSame(['inclusive' => 6, 'self' => 2, 'calls' => 2], $sums['Phalcon\Db::getSQLStatement']);
        self::assertSame(1, $sums['hrtime']['calls']);
        self::assertNotContains('set_error_handler', $profile['names']);
        self::assertSame(1000, \array_sum(\array_column($sums, 'self')));
        self::assertSame([], \preg_grep('/^Bitville\\\\/', $profile['names']));
    }

    public function testARecursiveFunctionIsKeptOrFoldedWithAllItsLevels(): void
    {
        $pairs = ['main()' => [1, 1000], 'main()==>fib' => [1, 900]];
        $pairs += ['fib==>fib@1' => [2, 500], 'fib@1==>fib@2' => [4, 200]];
        for ($i = 0; $i < 50; $i++) {
            $pairs['main()==>small' . $i] = [1, 1];
        }
        $sums = self::sums(self::fold($pairs, 10));

        self::assertSame(400, $sums['fib']['self']);
        self::assertSame(300, $sums['fib@1']['self']);
        self::assertSame(200, $sums['fib@2']['self']);
    }

    /** @dataProvider graphs */
    public function testFoldingLeavesEverySumOfWhatIsKeptAsItWas(int $seed, int $functions, int $edgesMax): void
    {
        $pairs = self::randomProfile($seed, $functions);
        $whole = self::sums(self::fold($pairs, \PHP_INT_MAX));
        $folded = self::fold($pairs, $edgesMax);
        $sums = self::sums($folded);

        self::assertGreaterThan($edgesMax, \count($pairs), 'the graph must be worth folding');
        self::assertLessThanOrEqual($edgesMax, \count($folded['edges']));
        self::assertGreaterThan($edgesMax / 2, \count($folded['edges']), 'no more is folded than has to be');
        self::assertGreaterThan(0, $folded['folded_edges']);
        foreach (\array_diff_key($sums, [CallPairs::OTHER => 0]) as $name => $sum) {
            self::assertSame($whole[$name], $sum, $name);
        }
        $missing = \array_diff_key($whole, $sums);
        self::assertSame(\array_sum(\array_column($missing, 'self')), $sums[CallPairs::OTHER]['self']);
        self::assertSame($whole['main()']['inclusive'], \array_sum(\array_column($sums, 'self')));
    }

    /** @return iterable<string, array{0: int, 1: int, 2: int}> */
    public function graphs(): iterable
    {
        for ($seed = 1; $seed <= 8; $seed++) {
            yield 'seed ' . $seed => [$seed, 100 * $seed, 20 + 30 * $seed];
        }
    }

    public function testWhatIsFoldedIsWhatTookLeast(): void
    {
        $pairs = ['main()' => [1, 100000]];
        for ($i = 1; $i <= 100; $i++) {
            $pairs['main()==>f' . $i] = [1, $i];
        }
        $names = self::fold($pairs, 20)['names'];

        self::assertContains('f100', $names);
        self::assertNotContains('f1', $names);
        self::assertSame(\count($names), \count(\array_unique($names)));
    }

    /**
     * Calls and times by edge, from a walk down a random tree: each function takes some time itself
     * and passes the rest on, so the sums are those of a program that could have run.
     *
     * @return array<string, array{0: int, 1: int}>
     */
    private static function randomProfile(int $seed, int $functions): array
    {
        \mt_srand($seed);
        $pairs = ['main()' => [1, 0]];
        $pairs['main()'][1] = self::call($pairs, 'main()', $functions, 6);
        return $pairs;
    }

    /** @param array<string, array{0: int, 1: int}> $pairs */
    private static function call(array &$pairs, string $caller, int $functions, int $depth): int
    {
        $time = \mt_rand(1, 50);
        for ($calls = $depth === 0 ? 0 : \mt_rand(2, 5); $calls > 0; $calls--) {
            $callee = 'f' . \mt_rand(1, $functions);
            $taken = self::call($pairs, $callee, $functions, $depth - 1);
            $key = $caller . '==>' . $callee;
            $pairs[$key] = [($pairs[$key][0] ?? 0) + 1, ($pairs[$key][1] ?? 0) + $taken];
            $time += $taken;
        }
        return $time;
    }

    /**
     * @param array<string, array{0: int, 1: int}> $pairs
     *
     * @return array{names: list<string>, edges: list<list<int>>, folded_edges: int}
     */
    private static function fold(array $pairs, int $edgesMax): array
    {
        $values = \array_map(static function (array $pair): array {
            return ['ct' => $pair[0], 'wt' => $pair[1]];
        }, $pairs);
        return (new CallPairs($values, ['ct', 'wt'], [], Given::deadline()))->fold($edgesMax);
    }

    /**
     * As the protocol says that they are computed.
     *
     * @param array{names: list<string>, edges: list<list<int>>} $profile
     *
     * @return array<string, array{inclusive: int, self: int, calls: int}>
     */
    private static function sums(array $profile): array
    {
        $sums = \array_fill_keys($profile['names'], ['inclusive' => 0, 'self' => 0, 'calls' => 0]);
        foreach ($profile['edges'] as [$parent, $child, $calls, $wallUs]) {
            $name = $profile['names'][$child];
            $sums[$name]['inclusive'] += $wallUs;
            $sums[$name]['self'] += $wallUs;
            $sums[$name]['calls'] += $calls;
            if ($parent !== -1) {
                $sums[$profile['names'][$parent]]['self'] -= $wallUs;
            }
        }
        return $sums;
    }
}
