<?php
/**
 * The load driver's own logic: who comes, and what counts as a spike.
 */

declare(strict_types=1);

namespace Lab\Tests;

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
