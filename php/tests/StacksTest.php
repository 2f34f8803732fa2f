<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Stacks;
use PHPUnit\Framework\TestCase;

final class StacksTest extends TestCase
{
    public function testWhatThereIsNoRoomForIsCountedWithoutItsStack(): void
    {
        $stacks = new Stacks([], 100, 0);
        $stacks->add([self::entry(0.001, 2, true)], true);
        $stacks->add([self::entry(0.003, 5, false), self::entry(0.008, 1, false)], false);
        $shape = $stacks->shape();

        self::assertSame(['main()', 'f', Stacks::OTHER], $shape['names']);
        self::assertSame([[1, 2], [2, 6]], $shape['stacks']);
        self::assertSame([[1000, 1, 2], [3000, 2, 6]], $shape['timeline']);
        self::assertSame(6, $shape['folded_samples']);
        self::assertSame(3, $stacks->taken());
    }

    /** As one of an `ExcimerLog`; a stack that may not be asked for throws. */
    private static function entry(float $timestamp, int $samples, bool $mayTellStack): object
    {
        return new class ($timestamp, $samples, $mayTellStack) {
            private float $timestamp;
            private int $samples;
            private bool $mayTellStack;

            public function __construct(float $timestamp, int $samples, bool $mayTellStack)
            {
                $this->timestamp = $timestamp;
                $this->samples = $samples;
                $this->mayTellStack = $mayTellStack;
            }

            public function getTimestamp(): float
            {
                return $this->timestamp;
            }

            public function getEventCount(): int
            {
                return $this->samples;
            }

            /** @return list<array<string, string>> */
            public function getTrace(): array
            {
                if (!$this->mayTellStack) {
                    throw new \LogicException('to make a stack takes memory');
                }
                return [['function' => 'f'], ['file' => '/srv/index.php']];
            }
        };
    }
}
