<?php
/**
 * The load driver's own logic: who comes, and what counts as a spike.
 */

declare(strict_types=1);

namespace Lab\Tests;

use Load\Exchange;
use Load\Faults;
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
    }

    public function testAFaultThatFailsRequestsShowsByThose(): void
    {
        $tally = new Tally();
        for ($i = 0; $i < 5; $i++) {
            self::assertFalse(Spike::named('connection-exhaustion')->showed($tally));
            // Nobody answered: it has no status.
            $exchange = new Exchange('127.0.0.1:9', 'GET', '/', '', 'x');
            $tally->finished($exchange, $exchange->startedAt + 0.01);
        }
        self::assertTrue(Spike::named('connection-exhaustion')->showed($tally));
    }

    public function testWhatAFaultSendsOnceIsSentOnceAndTheRestAgain(): void
    {
        $spike = Spike::named('session-lock');
        self::assertTrue($spike->isRequest());
        self::assertSame([[true, 'GET', '/account/invoices', 'labowner']], $spike->due(-INF, 0.0));
        self::assertSame([], $spike->due(0.0, 0.9));
        self::assertSame([[false, 'GET', '/account', 'labowner']], $spike->due(0.9, 1.0));
        self::assertCount(2, $spike->due(1.0, 2.7));
    }

    public function testAFaultOfTwoRequestsHasNotSentAllBeforeItsSecond(): void
    {
        $spike = Spike::named('ddl-queue');
        self::assertFalse($spike->hasSentAll(1.9));
        self::assertTrue($spike->hasSentAll(2.0));
        self::assertFalse(Spike::named('crawler-burst')->isRequest(), 'it would last for ever');
        self::assertTrue(Spike::named('crawler-burst')->hasSentAll(0.0));
    }

    public function testEveryFaultHasACulpritAndASign(): void
    {
        foreach (array_diff(Faults::names(), ['quiet']) as $name) {
            $fault = Faults::named($name);
            self::assertNotSame('', $fault['suffers'], $name);
            self::assertNotSame('', $fault['kind'], $name);
            self::assertNotFalse(preg_match('#' . $fault['pattern'] . '#', ''), $name);
            self::assertContains($fault['sign'], ['slow', 'long', 'waits', 'fails'], $name);
        }
    }

    public function testTheScoreRunsEveryFault(): void
    {
        $script = (string) file_get_contents(dirname(__DIR__, 3) . '/scripts/lib/lab_score.sh');
        self::assertSame(1, preg_match('/^LAB_FAULTS=\(([^)]+)\)/m', $script, $found));
        self::assertSame(Faults::names(), preg_split('/\s+/', trim($found[1])));
    }

    public function testATouchedFileIsNewAndAnExpiredOneOld(): void
    {
        $folder = sys_get_temp_dir() . '/bitville-load-' . bin2hex(random_bytes(4));
        mkdir($folder . '/below', 0700, true);
        foreach (['code.php', 'below/kept.cache', 'other.txt'] as $file) {
            file_put_contents($folder . '/' . $file, '');
            touch($folder . '/' . $file, 1000000000);
        }
        putenv('SHOP_APP_DIR=' . $folder);
        putenv('SHOP_CACHE_DIR=' . $folder);
        Spike::named('deploy-opcache')->goOn(microtime(true));
        Spike::named('cache-stampede')->begin($this->createMock(\PDO::class));
        putenv('SHOP_APP_DIR');
        putenv('SHOP_CACHE_DIR');
        clearstatcache();
        $ages = array_map('filemtime', [$folder . '/code.php', $folder . '/below/kept.cache', $folder . '/other.txt']);
        exec('rm -rf ' . escapeshellarg($folder));
        self::assertGreaterThan(time() - 60, $ages[0]);
        self::assertSame([0, 1000000000], array_slice($ages, 1));
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
