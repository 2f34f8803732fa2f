<?php
/**
 * The stand-in's adapter fires Phalcon 4.1's events, in its order and with its gaps, on a real
 * PostgreSQL.
 */

declare(strict_types=1);

namespace Lab\Tests;

use Bitville\Tests\Cluster;
use Phalcon\Db\Adapter\Pdo\Postgresql;
use Phalcon\Db\Result\Pdo as ResultPdo;
use Phalcon\Events\Manager;
use PHPUnit\Framework\TestCase;

final class AdapterTest extends TestCase
{
    /** @var Postgresql */
    private $connection;
    /** @var Recorder */
    private $recorder;

    protected function setUp(): void
    {
        if (Cluster::host() === null) {
            self::markTestSkipped('PostgreSQL 15 is not installed here, or this is not root');
        }
        $this->connection = self::connect();
        $this->recorder = new Recorder();
        $manager = new Manager();
        $manager->attach('db', $this->recorder);
        $this->connection->setEventsManager($manager);
    }

    public function testTheConstructorConnects(): void
    {
        self::assertInstanceOf(\PDO::class, $this->connection->getInternalHandler());
        self::assertSame([], $this->recorder->seen);
    }

    public function testTheOrderIsPhalcons(): void
    {
        $this->connection->begin();
        $this->connection->fetchAll('SELECT 1');
        $this->connection->commit();
        self::assertSame(
            ['beginTransaction', 'beforeQuery', 'afterQuery', 'commitTransaction'],
            $this->recorder->seen
        );
    }

    public function testAStatementThatThrowsHasNoAfterQuery(): void
    {
        $thrown = null;
        try {
            $this->connection->query('SELECT nothing FROM nowhere');
        } catch (\PDOException $exception) {
            $thrown = $exception;
        }
        self::assertNotNull($thrown);
        self::assertSame(['beforeQuery'], $this->recorder->seen);
    }

    public function testBeforeQueryAnsweredWithFalseCancels(): void
    {
        $this->recorder->answer = false;
        self::assertFalse($this->connection->query('SELECT 1'));
        self::assertFalse($this->connection->execute('CREATE TABLE never (id integer)'));
        self::assertSame(['beforeQuery', 'beforeQuery'], $this->recorder->seen);
        $found = $this->connection->getInternalHandler()->query("SELECT to_regclass('never')")->fetchColumn();
        self::assertNull($found);
    }

    public function testTransactionEventsComeBeforeTheCall(): void
    {
        $inTransaction = [];
        $note = function () use (&$inTransaction): void {
            $inTransaction[] = $this->connection->isUnderTransaction();
        };
        $manager = $this->connection->getEventsManager();
        $manager->attach('db:beginTransaction', $note);
        $manager->attach('db:rollbackTransaction', $note);
        $this->connection->begin();
        $this->connection->rollback();
        self::assertSame([false, true], $inTransaction);
    }

    public function testANestedTransactionIsSilent(): void
    {
        $this->connection->begin();
        self::assertFalse($this->connection->begin());
        self::assertFalse($this->connection->commit());
        $this->connection->commit();
        self::assertSame(['beginTransaction', 'commitTransaction'], $this->recorder->seen);
    }

    public function testVariablesAreNullWhenNothingIsBound(): void
    {
        $this->connection->fetchOne('SELECT ?::integer AS n', \PDO::FETCH_ASSOC, [7]);
        self::assertSame([7], $this->connection->getSQLVariables());
        $this->connection->fetchOne('SELECT 1');
        self::assertNull($this->connection->getSQLVariables());
        self::assertSame('SELECT 1', $this->connection->getSQLStatement());
    }

    public function testRowsAreFetchedAfterAfterQuery(): void
    {
        $result = $this->connection->query('SELECT 1 AS n');
        self::assertInstanceOf(ResultPdo::class, $result);
        self::assertSame(['beforeQuery', 'afterQuery'], $this->recorder->seen);
        $result->setFetchMode(\PDO::FETCH_ASSOC);
        self::assertSame([['n' => 1]], $result->fetchAll());
    }

    public function testUnknownKeysOfTheDescriptorBecomePartOfTheDsn(): void
    {
        $connection = self::connect(['application_name' => 'shop']);
        self::assertSame(
            ['name' => 'shop'],
            $connection->fetchOne("SELECT current_setting('application_name') AS name")
        );
    }

    public function testEveryConnectionHasAnIdOfItsOwn(): void
    {
        self::assertNotSame($this->connection->getConnectionId(), self::connect()->getConnectionId());
    }

    /**
     * @param array<string, string> $more
     */
    private static function connect(array $more = []): Postgresql
    {
        return new Postgresql(['host' => Cluster::host(), 'dbname' => 'postgres', 'username' => 'postgres'] + $more);
    }
}
