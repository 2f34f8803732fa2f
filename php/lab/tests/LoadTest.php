<?php
/**
 * The load driver's own logic: who comes, and what counts as a spike.
 */

declare(strict_types=1);

namespace Lab\Tests;

use Load\Exchange;
use Load\Journey;
use Load\Spike;
use Load\Tally;
use PHPUnit\Framework\TestCase;

final class LoadTest extends TestCase
{
    public function testABuyerFillsTheCartBeforeTheCheckout(): void
    {
        $steps = self::steps(Journey::buy());
        self::assertSame('POST /checkout', end($steps));
        self::assertContains('POST /cart', $steps);
    }

    public function testABrowserBuysNothing(): void
    {
        foreach (self::steps(Journey::browse()) as $step) {
            self::assertStringStartsWith('GET ', $step);
        }
    }

    public function testTheSameSeedSendsTheSameCustomers(): void
    {
        mt_srand(1);
        $first = self::steps(Journey::buy());
        mt_srand(1);
        self::assertSame($first, self::steps(Journey::buy()));
    }

    public function testWaitingSessionsAloneAreNoSpike(): void
    {
        $tally = new Tally();
        $tally->waiting(20);
        self::assertFalse(Spike::named('lock-pile-up')->showed($tally), 'no checkout was slow');
    }

    public function testAFaultThatLocksNothingShowsByItsSlowRoute(): void
    {
        $tally = new Tally();
        self::assertFalse(Spike::named('cpu-function')->showed($tally));
        for ($i = 0; $i < 5; $i++) {
            $exchange = new Exchange('127.0.0.1:9', 'GET', '/product/7', '', 'x');
            $tally->finished($exchange, $exchange->startedAt + 1.5);
        }
        self::assertTrue(Spike::named('cpu-function')->showed($tally));
        self::assertNull(Spike::named('cpu-function')->request());
        self::assertSame('/cron/export', Spike::named('idle-in-transaction')->request());
    }

    public function testAnUnknownSpikeIsRefusedByName(): void
    {
        $this->expectExceptionMessage('got "meteor"');
        Spike::named('meteor');
    }

    /**
     * @return array<int, string>
     */
    private static function steps(Journey $journey): array
    {
        $steps = [];
        while (($step = $journey->next()) !== null) {
            $steps[] = $step[1] . ' ' . $step[2];
        }

        return $steps;
    }
}
