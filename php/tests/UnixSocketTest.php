<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Deadline;
use Bitville\Silence;
use Bitville\Skipped;
use Bitville\UnixSocket;
use PHPUnit\Framework\TestCase;

/**
 * The socket against a deadline. How a living collector's manners are met is in HarmlessTest.
 */
final class UnixSocketTest extends TestCase
{
    public function testAFrameThatTheSocketCannotHoldIsGivenUpInTime(): void
    {
        $path = Given::path();
        $nobodyReads = \stream_socket_server('unix://' . $path);

        self::assertSame('budget_write', self::reason($path, \str_repeat('x', 4 << 20), 5000));
        \fclose($nobodyReads);
    }

    public function testAnAnswerThatDoesNotComeIsGivenUpInTime(): void
    {
        $path = Given::path();
        $nobodyReads = \stream_socket_server('unix://' . $path);

        self::assertSame('budget_answer', self::reason($path, 'x', 5000));
        \fclose($nobodyReads);
    }

    public function testASocketWithoutAListenerRefusesAtOnce(): void
    {
        $path = Given::path();
        \fclose(\stream_socket_server('unix://' . $path));

        self::assertSame('connect', self::reason($path, 'x', 5000));
    }

    public function testWithoutTimeNothingIsBegun(): void
    {
        self::assertSame('budget_connect', self::reason(Given::path(), 'x', 0));
    }

    private static function reason(string $path, string $frame, int $budgetUs): string
    {
        $clock = new FakeClock();
        $deadline = new Deadline($clock, $clock->monotonicNs() + $budgetUs * 1000);
        $reason = 'none';
        Silence::during(static function () use ($path, $frame, $deadline, &$reason): void {
            try {
                UnixSocket::send($path, $frame, $deadline);
            } catch (Skipped $skipped) {
                $reason = $skipped->getMessage();
            }
        });
        return $reason;
    }
}
