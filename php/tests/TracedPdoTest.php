<?php

declare(strict_types=1);

namespace Bitville\Tests;

use PHPUnit\Framework\TestCase;

/** PDO with a watch on it, and what the server calls its connections; on a real PostgreSQL. */
final class TracedPdoTest extends TestCase
{
    protected function setUp(): void
    {
        if (Cluster::host() === null) {
            self::markTestSkipped('PostgreSQL 15 is missing, or this is not root');
        }
    }

    public function testItIsAPdoInEveryWay(): void
    {
        $environment = ['WHAT' => 'use', 'DB_HOST' => (string) Cluster::host()];
        $without = self::execute($environment + App::environment(null));
        $peer = new Peer(Peer::ACKS);
        $settings = Given::settingsFile(['socket' => $peer->path, 'threshold' => '0ms', 'profile' => 'off', 'sql_values' => 'on']);
        $with = self::execute($environment + App::environment($settings));

        self::assertStringContainsString('closed', $without['output']);
        self::assertSame($without, $with);
        $sql = $peer->record()['body']['sql'];
        $told = \array_map(static function (array $query): array {
            return [$query['sql'], $query['failed'], $query['in_transaction']];
        }, $sql['queries']);
        self::assertSame([
            ['CREATE TEMP TABLE t (id int, name text, UNIQUE (id))', false, false],
            ['INSERT INTO t VALUES (:id, :name)', false, true],
            ['INSERT INTO t VALUES (:id, :name)', false, true],
            ['INSERT INTO t VALUES (:id, :name)', false, true],
            ['SELECT * FROM t ORDER BY id', false, false],
            ['SELECT * FROM t ORDER BY id', false, false],
            ['SELECT * FROM t ORDER BY id', false, false],
            ['SELECT * FROM t ORDER BY id', false, false],
            ['SELECT name FROM t WHERE id = ?', false, false],
            ['SELECT name FROM t WHERE id = ?', false, false],
            ['no such statement', true, false],
            ['INSERT INTO t VALUES (:id, :name)', true, false],
            ['SELECT ? / ?', true, false],
            ['again no statement', true, false],
            ['SELECT ?', false, false],
            ['SELECT ?', false, false],
        ], $told);
        self::assertSame(4, $sql['failed']);
        self::assertSame(['id' => 'int', 'name' => 'str(6)'], $sql['queries'][1]['binds']);
        self::assertSame(['id' => '0', 'name' => 'kettle'], $sql['queries'][1]['values']);
        self::assertSame(['commit'], \array_column($sql['transactions'], 'end'));
        self::assertSame(1, \count($sql['connections']));
        $pid = $sql['connections'][0]['backend_pid'];
        self::assertSame([$pid], \array_values(\array_unique(\array_column($sql['queries'], 'backend_pid'))));
    }

    /**
     * @testWith ["environment", "environment"]
     *           ["dsn", "dsn"]
     *           ["set_config", "set_config"]
     *           ["off", null]
     */
    public function testWhatTheServerCallsTheConnection(string $mode, ?string $namedBy): void
    {
        $peer = new Peer(Peer::ACKS);
        $settings = Given::settingsFile(['socket' => $peer->path, 'threshold' => '0ms', 'application_name' => $mode]);
        $environment = ['WHAT' => 'name', 'DB_HOST' => (string) Cluster::host()] + App::environment($settings);
        unset($environment['PGAPPNAME']);
        $ran = self::execute($environment);
        self::assertSame('', $ran['errors']);
        [, $name, $pid] = \explode(' ', \trim($ran['output']));
        $body = $peer->record()['body'];
        self::assertSame($namedBy === null ? '' : 'bv:' . $body['correlation_id'], $name);
        self::assertSame([$namedBy, (int) $pid, false], [
            $body['sql']['connections'][0]['named_by'], $body['sql']['connections'][0]['backend_pid'],
            $body['sql']['connections'][0]['persistent'],
        ]);
        // What names the connection is none of the application's statements.
        self::assertSame(3, $body['sql']['count']);
    }

    /**
     * @testWith ["set_config", true]
     *           ["environment", false]
     *           ["dsn", false]
     */
    public function testAPersistentConnectionIsCalledAfterEachRequestOnlyBySetConfig(string $mode, bool $isRenamed): void
    {
        if (!Fpm::isPossible()) {
            self::markTestSkipped('no php-fpm: set BITVILLE_TEST_FPM to the command that starts one');
        }
        $fpm = new Fpm([]);
        $peer = new Peer(Peer::ACKS);
        $settings = Given::settingsFile(['socket' => $peer->path, 'threshold' => '0ms', 'application_name' => $mode]);
        $names = $pids = $ids = $connections = [];
        for ($request = 0; $request < 2; $request++) {
            $answer = $fpm->request(__DIR__ . '/apps/pdo.php', [
                'WHAT' => 'persistent', 'DB_HOST' => (string) Cluster::host(), 'BITVILLE_SETTINGS' => $settings,
                'LISTENER' => \dirname(__DIR__) . '/listener.php',
            ]);
            self::assertSame(1, \preg_match('/\r\n\r\n1 (\S*) (\d+)\n$/D', $answer['output'], $part), $answer['output']);
            [, $names[], $pids[]] = $part;
            $body = $peer->record()['body'];
            $ids[] = 'bv:' . $body['correlation_id'];
            $connections[] = $body['sql']['connections'][0];
        }
        self::assertSame($pids[0], $pids[1]);
        self::assertSame([true, true], \array_column($connections, 'persistent'));
        self::assertSame($isRenamed ? $ids : \array_fill(0, 2, $names[0]), $names);
        // A name that may be another request's is none, in the record.
        $namedBy = $isRenamed ? 'set_config' : null;
        self::assertSame([$namedBy, $namedBy], \array_column($connections, 'named_by'));
    }

    /**
     * @param array<string, string> $environment
     *
     * @return array{output: string, errors: string, exit: int}
     */
    private static function execute(array $environment): array
    {
        return App::execute(\array_merge(App::php(), [__DIR__ . '/apps/pdo.php']), $environment);
    }
}
