<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Backends;
use Bitville\PhalconEvents;
use Bitville\Queries;
use Phalcon\Db\Adapter\Pdo\Connection;
use Phalcon\Events\Manager;
use PHPUnit\Framework\TestCase;

/**
 * Statements and transactions as Phalcon's events tell them, in each version, with their gaps.
 */
final class PhalconEventsTest extends TestCase
{
    private FakeClock $clock;

    private Queries $queries;

    private Backends $backends;

    protected function setUp(): void
    {
        $this->watch([]);
    }

    /** @dataProvider versions */
    public function testAStatementHasItsTextItsTimeAndItsConnection(string $version): void
    {
        $connection = $this->connection($version);
        $this->clock->nowUs += 1000;
        $connection->query('SELECT 1', $this->lasting(300));
        $sql = $this->finish();

        self::assertSame(['count' => 1, 'failed' => 0, 'total_us' => 300, 'omitted' => 0], \array_slice($sql, 0, 4));
        self::assertSame([
            'start_us' => 1000,
            'duration_us' => 300,
            'sql' => 'SELECT 1',
            'connection' => (int) $connection->getConnectionId(),
            'failed' => false,
            'in_transaction' => false,
            'backend_pid' => null,
        ], $sql['queries'][0]);
    }

    /** @dataProvider versions */
    public function testAStatementThatThrewIsFailedFromTheNextEventOn(string $version): void
    {
        $connection = $this->connection($version);
        $connection->begin();
        $this->break($connection, 'UPDATE item SET price = 1', 700);
        $connection->rollback();
        $this->clock->nowUs += 5000;
        $connection->query('SELECT 2', $this->lasting(10));
        $sql = $this->finish();

        self::assertSame([2, 1, 710], [$sql['count'], $sql['failed'], $sql['total_us']]);
        self::assertSame([700, true], [$sql['queries'][0]['duration_us'], $sql['queries'][0]['failed']]);
        self::assertSame([['start_us' => 0, 'duration_us' => 700, 'end' => 'rollback']], $sql['transactions']);
    }

    /** @dataProvider versions */
    public function testTheLastStatementThatThrewIsClosedWhenTheRequestEnds(string $version): void
    {
        $this->break($this->connection($version), 'SELECT broken', 40);
        $sql = $this->finish();

        self::assertSame([1, 1, 40], [$sql['count'], $sql['failed'], $sql['total_us']]);
    }

    /** @dataProvider versions */
    public function testAnEventOfAnotherConnectionBoundsAStatementThatThrew(string $version): void
    {
        $broken = $this->connection($version);
        $other = $this->connection($version);
        $this->break($broken, 'SELECT broken', 40);
        $other->query('SELECT 1', $this->lasting(9000));
        $sql = $this->finish();

        self::assertSame([40, 9000], \array_column($sql['queries'], 'duration_us'));
        self::assertSame([true, false], \array_column($sql['queries'], 'failed'));
    }

    /** @dataProvider versions */
    public function testAStatementInsideAnotherConnectionsStatementDoesNotEndIt(string $version): void
    {
        $outer = $this->connection($version);
        $inner = $this->connection($version);
        $outer->query('SELECT outer', function () use ($inner): void {
            $inner->query('SELECT inner', $this->lasting(100));
            $this->clock->nowUs += 50;
        });
        $sql = $this->finish();

        self::assertSame(0, $sql['failed']);
        self::assertSame([150, 100], \array_column($sql['queries'], 'duration_us'));
    }

    /** @dataProvider versions */
    public function testStatementsKnowWhetherTheyRanInATransaction(string $version): void
    {
        $connection = $this->connection($version);
        $connection->query('SELECT before');
        $connection->begin();
        $connection->query('SELECT within', $this->lasting(200));
        $connection->commit();
        $connection->query('SELECT behind');
        $connection->begin();
        $this->clock->nowUs += 30;
        $sql = $this->finish();

        self::assertSame([false, true, false], \array_column($sql['queries'], 'in_transaction'));
        self::assertSame([
            ['start_us' => 0, 'duration_us' => 200, 'end' => 'commit'],
            ['start_us' => 200, 'duration_us' => 30, 'end' => 'open'],
        ], $sql['transactions']);
    }

    /**
     * Phalcon counts the last listener's answer, so one that is attached behind ours still vetoes.
     *
     * @dataProvider versions
     */
    public function testAnotherListenersVetoStands(string $version): void
    {
        $connection = $this->connection($version);
        $connection->getEventsManager()->attach('db', new class {
            public function beforeQuery(): bool
            {
                return false;
            }
        });

        self::assertFalse($connection->query('DELETE FROM item', static function (): void {
            throw new \LogicException('vetoed, so it must not run');
        }));
    }

    /** @dataProvider versions */
    public function testNoEventIsEverAnswered(string $version): void
    {
        $connection = $this->connection($version);
        $events = ['beforeQuery', 'afterQuery', 'beginTransaction', 'commitTransaction', 'rollbackTransaction'];
        foreach ($events as $event) {
            self::assertNull($connection->getEventsManager()->fire('db:' . $event, $connection), $event);
        }
    }

    /** @dataProvider versions */
    public function testAnEventsManagerThatIsThereIsUsed(string $version): void
    {
        $manager = new Manager();
        $connection = new Connection($version);
        $connection->setEventsManager($manager);
        PhalconEvents::attach($connection, $this->queries, $this->backends, $this->clock);
        PhalconEvents::attach($connection, $this->queries, $this->backends, $this->clock);
        PhalconEvents::attach($manager, $this->queries, $this->backends, $this->clock);
        $connection->query('SELECT 1');

        self::assertSame($manager, $connection->getEventsManager());
        self::assertCount(1, $manager->getListeners('db'));
        self::assertSame(1, $this->finish()['count']);
    }

    /** @dataProvider versions */
    public function testTheBackendsPidIsAskedForOncePerPdo(string $version): void
    {
        $first = new FakePdo(4711);
        $connection = $this->connection($version, $first);
        $connection->query('SELECT 1');
        $connection->query('SELECT 2');
        $connection->reconnect(new FakePdo(4712));
        $connection->query('SELECT 3');
        $sql = $this->finish();

        self::assertSame([4711, 4711, 4712], \array_column($sql['queries'], 'backend_pid'));
        self::assertSame(1, $first->pidsAsked);
    }

    public function testAConnectionIsNotKeptAliveByBeingWatched(): void
    {
        $pdo = new FakePdo(4711);
        $connection = $this->connection('4.1', $pdo);
        $connection->query('SELECT 1');
        $weak = \WeakReference::create($pdo);
        unset($connection, $pdo);

        self::assertNull($weak->get());
    }

    public function testABrokenConnectionObjectDisturbsNobody(): void
    {
        $events = new Manager();
        PhalconEvents::attach($events, $this->queries, $this->backends, $this->clock);
        $before = \error_get_last();
        $events->fire('db:beforeQuery', new \stdClass());
        $events->fire('db:afterQuery', new \stdClass());
        $events->fire('db:commitTransaction', new \stdClass());

        self::assertSame($before, \error_get_last());
        self::assertSame(0, $this->finish()['count']);
    }

    public function testASlowStatementTellsItsCaller(): void
    {
        $connection = $this->connection('4.1');
        $connection->query('SELECT fast', $this->lasting(4999));
        \Shop\Cart::submit($connection, 'SELECT slow', $this->lasting(5000));
        $queries = $this->finish()['queries'];

        self::assertArrayNotHasKey('caller', $queries[0]);
        self::assertSame('Shop\Cart::submit', $queries[1]['caller']);
        self::assertStringEndsWith('/tests/Shop/Cart.php:' . \Shop\Cart::QUERY_LINE, $queries[1]['caller_at']);
    }

    /** @dataProvider lockers */
    public function testAFastStatementThatTakesLocksTellsItsCaller(string $statement, bool $locks): void
    {
        $connection = $this->connection('4.1');
        $connection->query($statement, $this->lasting(10));
        $query = $this->finish()['queries'][0];

        self::assertSame($locks, isset($query['caller']));
    }

    /** @return iterable<array{0: string, 1: bool}> */
    public function lockers(): iterable
    {
        yield ['UPDATE item SET price = 1', true];
        yield ["\n  insert into item values (1)", true];
        yield ['DELETE FROM item', true];
        yield ['LOCK TABLE item', true];
        yield ['SELECT * FROM item WHERE id = 1 FOR UPDATE', true];
        yield ['select * from item for no key update nowait', true];
        yield ['SELECT * FROM item FOR KEY SHARE', true];
        yield ['WITH old AS (SELECT 1) UPDATE item SET price = 1', true];
        yield ['WITH gone AS (DELETE FROM item RETURNING *) SELECT * FROM gone', true];
        yield ['SELECT * FROM "update"', false];
        yield ['SELECT updated, inserted FROM item', false];
        yield ['WITH x AS (SELECT updated FROM item) SELECT * FROM x', false];
    }

    public function testOnlyTheFirstLockersTellTheirCallers(): void
    {
        $this->watch(['sql_callers_max' => '2']);
        $connection = $this->connection('4.1');
        for ($i = 0; $i < 4; $i++) {
            $connection->query('UPDATE item SET price = ' . $i);
        }
        $queries = $this->finish()['queries'];

        self::assertSame([true, true, false, false], \array_map(static function (array $query): bool {
            return isset($query['caller']);
        }, $queries));
    }

    public function testWhenTheListIsFullTheSlowAndTheLockersStayInOrder(): void
    {
        $this->watch(['sql_queries_max' => '4', 'sql_callers_max' => '1']);
        $connection = $this->connection('4.1');
        $connection->query('UPDATE item SET price = 0', $this->lasting(1));
        foreach ([30, 10, 20, 5, 40, 9000, 15] as $durationUs) {
            $connection->query('SELECT ' . $durationUs, $this->lasting($durationUs));
        }
        $sql = $this->finish();

        self::assertSame(
            ['UPDATE item SET price = 0', 'SELECT 30', 'SELECT 40', 'SELECT 9000'],
            \array_column($sql['queries'], 'sql')
        );
        self::assertSame([8, 4, 9121], [$sql['count'], $sql['omitted'], $sql['total_us']]);
    }

    public function testALongStatementIsCutAndStillKnownAsALocker(): void
    {
        $this->watch(['sql_statement_max' => '64B']);
        $connection = $this->connection('4.1');
        $connection->query('SELECT ' . \str_repeat('a, ', 100) . 'b FROM item FOR UPDATE');
        $query = $this->finish()['queries'][0];

        self::assertSame(64, \strlen($query['sql']));
        self::assertArrayHasKey('caller', $query);
    }

    public function testTransactionsHaveABoundAndTheRestIsCounted(): void
    {
        $this->watch(['sql_queries_max' => '2']);
        $connection = $this->connection('4.1');
        for ($i = 0; $i < 5; $i++) {
            $connection->begin();
            $connection->commit();
        }
        $sql = $this->finish();

        self::assertCount(2, $sql['transactions']);
        self::assertSame(3, $this->queries->transactionsOmitted());
    }

    /** @return iterable<string, array{0: string}> */
    public function versions(): iterable
    {
        yield 'Phalcon 3.4' => ['3.4'];
        yield 'Phalcon 4.1' => ['4.1'];
        yield 'Phalcon 5.0' => ['5.0'];
    }

    /** @param array<string, string> $php */
    private function watch(array $php): void
    {
        $this->clock = new FakeClock();
        $settings = Given::settings($php + ['sql_literals' => 'on']);
        $this->queries = new Queries($settings, $this->clock->monotonicNs());
        $this->backends = new Backends('environment', 'an-id');
    }

    /** @return array<string, mixed> */
    private function finish(): array
    {
        $this->queries->finish($this->clock->monotonicNs());
        return $this->queries->describe();
    }

    private function connection(string $version, ?\PDO $pdo = null): Connection
    {
        $connection = new Connection($version, $pdo);
        PhalconEvents::attach($connection, $this->queries, $this->backends, $this->clock);
        return $connection;
    }

    private function lasting(int $durationUs): callable
    {
        return function () use ($durationUs): void {
            $this->clock->nowUs += $durationUs;
        };
    }

    private function break(Connection $connection, string $sql, int $durationUs): void
    {
        try {
            $connection->query($sql, function () use ($durationUs): void {
                $this->clock->nowUs += $durationUs;
                throw new \PDOException('deadlock detected');
            });
            self::fail('it must throw');
        } catch (\PDOException $expected) {
            self::assertSame('deadlock detected', $expected->getMessage());
        }
    }
}
