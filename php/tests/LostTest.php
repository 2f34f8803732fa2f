<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Capture;
use Bitville\Queries;
use Bitville\Silence;
use PHPUnit\Framework\TestCase;

/** What is still told of a request whose record nobody took: the statements that prove what it did. */
final class LostTest extends TestCase
{
    private const UPDATE = 'UPDATE stock SET price_cents = 990 WHERE sku = :sku';
    private const SELECT = "SELECT * FROM sale WHERE shop = 'it''s ours' -- slow?";

    public function testTheLongestAndTheOneThatTookTheLocksAreToldAsInTheRecord(): void
    {
        $capture = self::capture();
        $clock = new Course($capture->queries);
        $clock->run('SELECT 1', 100);
        $clock->begin();
        for ($product = 0; $product < 5; $product++) {
            $clock->run(self::SELECT, 12000 + $product);
            $clock->run(self::UPDATE, 300);
        }
        $clock->wait(20000000);
        $clock->commit();
        $told = self::told($capture);
        $record = $capture->queries->describe();

        self::assertSame([$record['queries'][2], $record['queries'][9]], $told['queries']);
        self::assertSame(
            ['UPDATE stock SET price_cents = ? WHERE sku = :sku', 'SELECT * FROM sale WHERE shop = ?  '],
            \array_column($told['queries'], 'sql')
        );
        self::assertArrayHasKey('caller', $told['queries'][0]);
        self::assertArrayHasKey('caller', $told['queries'][1]);
        self::assertSame($record['transactions'], $told['transactions']);
        self::assertSame(0, $told['failed']);
    }

    /** The collector's half is tested with that file, too. */
    public function testItHasTheFieldsOfTheProtocol(): void
    {
        $capture = self::capture();
        $course = new Course($capture->queries);
        $course->begin();
        $course->run(self::SELECT, 12000);
        $course->run(self::UPDATE, 300);
        $golden = \json_decode((string) \file_get_contents(Given::testdata('stat_lost.json')), true);
        self::assertSame(self::fields($golden), self::fields(self::stat($capture)));
    }

    public function testLiteralsAreToldWhereTheSiteWantsThem(): void
    {
        $capture = self::capture(['sql_literals' => 'on']);
        (new Course($capture->queries))->run(self::SELECT, 12000);
        self::assertSame([self::SELECT], \array_column(self::told($capture)['queries'], 'sql'));
    }

    public function testOfSeveralTransactionsTheOneThatHeldItsLocksLongestIsTold(): void
    {
        $capture = self::capture();
        $course = new Course($capture->queries);
        $course->run('UPDATE visitor SET seen = now()', 50000);
        foreach ([[1000, 'INSERT INTO log VALUES (1)'], [900000, 'DELETE FROM cart'], [2000, 'INSERT INTO mail VALUES (2)']] as [$us, $sql]) {
            $course->begin();
            $course->run($sql, 100);
            $course->run('UPDATE counter SET n = n + 1', 100);
            $course->wait($us);
            $course->commit();
        }
        $told = self::told($capture);

        $wanted = ['DELETE FROM cart', 'UPDATE visitor SET seen = now()', 'UPDATE counter SET n = n + ?'];
        self::assertSame($wanted, \array_column($told['queries'], 'sql'));
        self::assertSame([900200], \array_column($told['transactions'], 'duration_us'));
    }

    public function testWhatIsStillOpenAtTheEndHoldsItsLocksUntilThen(): void
    {
        $capture = self::capture();
        $course = new Course($capture->queries);
        $course->begin();
        $course->run('UPDATE stock SET qty = 1', 100);
        $course->fail('UPDATE basket SET qty = 1', 200);
        $told = self::told($capture);

        self::assertSame(['UPDATE stock SET qty = ?', 'UPDATE basket SET qty = ?'], \array_column($told['queries'], 'sql'));
        self::assertSame([false, true], \array_column($told['queries'], 'failed'));
        self::assertSame(1, $told['failed']);
        self::assertSame(['open'], \array_column($told['transactions'], 'end'));
    }

    public function testARequestWithoutStatementsTellsNone(): void
    {
        $lost = self::lost(self::capture());
        self::assertSame(['correlation_id', 'reason', 'why', 'pid', 'sapi'], \array_keys($lost));
    }

    public function testWhateverTheStatementsAreItIsOneSmallDatagram(): void
    {
        $long = \str_repeat('SELECT something FROM anything; ', 300);
        $texts = [$long, \str_repeat("\x01", 8000), \str_repeat("\xff", 8000), 'SELECT 1'];
        foreach ($texts as $text) {
            $capture = self::capture();
            $course = new Course($capture->queries);
            $course->begin();
            for ($number = 0; $number < 9; $number++) {
                $course->run('UPDATE t SET n = ' . $number . '; ' . $text, 100);
            }
            $course->run($text, 9000);
            $udp = new Udp();
            $capture->settings->udp = $udp->address;
            self::finish($capture);
            $datagram = (string) $udp->datagram();
            self::assertLessThanOrEqual(16 * 1024 + 12, \strlen($datagram));
            $stat = \json_decode(\substr($datagram, 12), true, 512, \JSON_THROW_ON_ERROR);
            $told = $stat['body']['lost']['sql']['queries'];
            self::assertStringStartsWith('UPDATE t SET n = ?; ', $told[0]['sql']);
            foreach ($told as $query) {
                self::assertLessThanOrEqual(2048, \mb_strlen($query['sql'], 'UTF-8'));
            }
        }
        self::assertCount(4, $told);
    }

    public function testATextIsCutWhenItsLiteralsAreGone(): void
    {
        $capture = self::capture();
        $values = "('" . \str_repeat('x', 5000) . "')";
        (new Course($capture->queries))->run('INSERT INTO mail VALUES ' . $values . ' RETURNING id', 100);
        self::assertSame(['INSERT INTO mail VALUES (?) RETURNING id'], \array_column(self::told($capture)['queries'], 'sql'));
    }

    /** @param array<string, string> $php */
    private static function capture(array $php = []): Capture
    {
        $clock = new FakeClock();
        $settings = Given::settings($php + [
            'threshold' => '0ms', 'profile' => 'off', 'socket' => Given::path(), 'udp_records' => 'off', 'spool_dir' => '',
        ]);
        return new Capture($settings, $clock, 'an-id', [], \random_bytes(16), $clock->monotonicNs());
    }

    /** @return array<string, mixed> */
    private static function told(Capture $capture): array
    {
        return self::lost($capture)['sql'];
    }

    /** @return array<string, mixed> */
    private static function lost(Capture $capture): array
    {
        return self::stat($capture)['body']['lost'];
    }

    /** @return array<string, mixed> what the request's datagram says */
    private static function stat(Capture $capture): array
    {
        $udp = new Udp();
        $capture->settings->udp = $udp->address;
        self::finish($capture);
        return $udp->record();
    }

    /**
     * @param array<int|string, mixed> $value
     *
     * @return array<int|string, mixed> its keys, and those of what is in it
     */
    private static function fields(array $value): array
    {
        return \array_map(static function ($member) {
            return \is_array($member) ? self::fields($member) : null;
        }, $value);
    }

    private static function finish(Capture $capture): void
    {
        Silence::during(static function () use ($capture): void {
            $capture->finish(null);
        });
    }
}

/** Statements one after the other on one connection, at times of their own behind the request's start. */
final class Course
{
    private Queries $queries;

    private int $nowUs;

    public function __construct(Queries $queries)
    {
        $this->queries = $queries;
        $this->nowUs = (new FakeClock())->nowUs;
    }

    public function run(string $sql, int $us): void
    {
        $this->start($sql, $us);
        $this->queries->end(0, $this->nowUs * 1000);
    }

    public function fail(string $sql, int $us): void
    {
        $this->start($sql, $us);
        $this->queries->fail(0, $this->nowUs * 1000);
    }

    public function wait(int $us): void
    {
        $this->nowUs += $us;
    }

    public function begin(): void
    {
        $this->queries->beginTransaction(0, $this->nowUs * 1000);
    }

    public function commit(): void
    {
        $this->queries->endTransaction(0, $this->nowUs * 1000, 'commit');
    }

    private function start(string $sql, int $us): void
    {
        $this->queries->begin(0, $this->nowUs * 1000, $sql, null);
        $this->nowUs += $us;
    }
}
