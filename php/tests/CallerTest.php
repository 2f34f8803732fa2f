<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Caller;
use PHPUnit\Framework\TestCase;

/**
 * Which frame of a stack is the application, from frames as PHP gives them.
 */
final class CallerTest extends TestCase
{
    private const EVENTS = ['class' => 'Bitville\PhalconEvents', 'type' => '->', 'function' => 'afterQuery'];
    private const FIRE = ['class' => 'Phalcon\Events\Manager', 'type' => '->', 'function' => 'fire'];
    private const QUERY = ['class' => 'Phalcon\Db\Adapter\Pdo\Postgresql', 'type' => '->', 'function' => 'query',
        'file' => '/app/Cart.php', 'line' => 17];

    public function testItIsTheFirstFrameOutsideTheFramework(): void
    {
        $frames = [self::EVENTS, self::FIRE, self::QUERY, ['class' => 'Cart', 'type' => '->', 'function' => 'submit',
            'file' => '/app/index.php', 'line' => 3]];

        self::assertSame(['caller' => 'Cart::submit', 'caller_at' => '/app/Cart.php:17'], Caller::among($frames, 12));
    }

    public function testAFunctionWithoutAClassHasItsOwnName(): void
    {
        $frames = [self::QUERY, ['function' => 'Shop\reprice', 'file' => '/app/job.php', 'line' => 9]];

        self::assertSame('Shop\reprice', Caller::among($frames, 12)['caller']);
    }

    public function testAScriptsTopLevelIsMain(): void
    {
        self::assertSame(['caller' => 'main()', 'caller_at' => '/app/Cart.php:17'], Caller::among([self::QUERY], 12));
    }

    public function testWhereTheStackGoesOnBeyondTheBoundNobodyIsNamed(): void
    {
        self::assertSame([], Caller::among([self::FIRE, self::QUERY], 2));
    }

    public function testAClassThatMerelyBeginsLikePdoIsTheApplications(): void
    {
        $frames = [
            ['class' => 'PDOStatement', 'type' => '->', 'function' => 'execute', 'file' => '/app/a.php', 'line' => 1],
            ['class' => 'PDOHelper', 'type' => '::', 'function' => 'all'],
        ];

        self::assertSame('PDOHelper::all', Caller::among($frames, 12)['caller']);
    }
}
