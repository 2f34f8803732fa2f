<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Silence;
use PHPUnit\Framework\TestCase;

/**
 * Silence is complete, and when it is over everything is as it was. With handlers of an application
 * in a process of its own, the same is in HarmlessTest.
 */
final class SilenceTest extends TestCase
{
    public function testNeitherErrorsNorExceptionsLeaveIt(): void
    {
        \set_error_handler(null);
        @\trigger_error('an older error');
        $before = \error_get_last();
        Silence::during(static function (): void {
            \trigger_error('ours', \E_USER_WARNING);
            \fopen('/no/such/file', 'r');
            throw new \Error('ours');
        });
        $after = \error_get_last();
        \restore_error_handler();

        self::assertSame('an older error', $before['message']);
        self::assertSame($before, $after);
    }

    public function testTheHandlerBeforeItIsBackEvenIfThatHandlerCalledUs(): void
    {
        $seen = [];
        $handler = static function (int $level, string $message) use (&$seen): bool {
            $seen[] = $message;
            Silence::during(static function (): void {
                \trigger_error('ours', \E_USER_WARNING);
            });
            return true;
        };
        \set_error_handler($handler);
        \trigger_error('first');
        \trigger_error('second');
        $restored = \set_error_handler(null);
        \restore_error_handler();
        \restore_error_handler();

        self::assertSame(['first', 'second'], $seen);
        self::assertSame($handler, $restored);
    }

    public function testItNests(): void
    {
        $reached = [];
        Silence::during(static function () use (&$reached): void {
            Silence::during(static function () use (&$reached): void {
                $reached[] = 'inner';
                throw new \Exception('inner');
            });
            $reached[] = 'outer';
            \trigger_error('still silent', \E_USER_WARNING);
        });

        self::assertSame(['inner', 'outer'], $reached);
    }
}
