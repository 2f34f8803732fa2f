<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Backends;
use Bitville\CallPairs;
use Bitville\Deadline;
use Bitville\Frame;
use Bitville\PhalconEvents;
use Bitville\Queries;
use Bitville\Queue;
use Bitville\Record;
use Bitville\Request;
use Bitville\Skipped;
use Phalcon\Db\Adapter\Pdo\Connection;
use PHPUnit\Framework\TestCase;

/**
 * Records and frames, byte for byte: the golden files in `wire/testdata/` are read by the tests of
 * the Rust half too. After a change that is meant, write them anew:
 *
 *     BITVILLE_WRITE_GOLDENS=1 scripts/php74 phpunit -c php/phpunit.xml --filter RecordTest
 */
final class RecordTest extends TestCase
{
    private const EVENT_ID = '019ab02b-0a10-7000-8000-0123456789ab';
    private const CORRELATION_ID = '5f0c3a52-8a51-4c2e-9d7a-3f6f4e1b2c3d';
    private const AT_US = 1763892202000000;
    private const LISTENER = ['self_us' => 0, 'profiler_us' => null, 'skipped' => []];

    public function testTheMinimalRecordIsTheGoldenOne(): void
    {
        $body = ['correlation_id' => self::CORRELATION_ID, 'reason' => 'slow', 'url' => '/', 'wall_us' => 612000];
        $json = self::record($body)->json(self::LISTENER, $this->deadline());

        $this->assertGolden('frame_minimal.bin', Frame::encode($json));
    }

    public function testASlowRequestIsTheGoldenOne(): void
    {
        $body = $this->slowRequest();
        $listener = ['self_us' => 412, 'profiler_us' => 9, 'skipped' => []];
        $json = self::record($body)->json($listener, $this->deadline());

        $this->assertGolden('request_slow.json', $json);
        $this->assertGolden('frame_request_slow.bin', Frame::encode($json));
    }

    public function testBytesThatAreNoTextDoNotCostTheRecord(): void
    {
        $json = self::record(['url' => "/\xff\xfe\0"])->json(self::LISTENER, $this->deadline());

        self::assertSame("/\u{fffd}\u{fffd}\0", \json_decode($json, true)['body']['url']);
        self::assertStringNotContainsString("\n", $json);
    }

    public function testWhatIsTooLargeForAFrameLosesItsStatementsFirstAndSaysSo(): void
    {
        // NUL takes six bytes in JSON.
        $query = ['sql' => \str_repeat("\0", 65536), 'duration_us' => 1];
        $sql = ['count' => 900, 'total_us' => 5, 'omitted' => 880, 'transactions' => []];
        $sql['queries'] = \array_fill(0, 20, $query);
        $profile = ['names' => ['main()'], 'edges' => [[-1, 0, 1, 9]]];
        $record = self::record(['url' => '/', 'sql' => $sql, 'profile' => $profile]);
        $body = \json_decode($record->json(['skipped' => ['earlier']], $this->deadline()), true)['body'];

        self::assertSame($profile, $body['profile']);
        self::assertSame([900, 900, []], [$body['sql']['count'], $body['sql']['omitted'], $body['sql']['queries']]);
        self::assertSame(['earlier', 'queries: too large for a frame'], $body['listener']['skipped']);
    }

    public function testThenItsProfile(): void
    {
        $profile = ['names' => \array_fill(0, 20000, \str_repeat('n', 512)), 'edges' => []];
        $record = self::record(['url' => '/', 'sql' => null, 'profile' => $profile]);
        $body = \json_decode($record->json(self::LISTENER, $this->deadline()), true)['body'];

        self::assertNull($body['profile']);
        self::assertContains('profile: too large for a frame', $body['listener']['skipped']);
    }

    public function testWhatIsStillTooLargeIsGivenUp(): void
    {
        $record = self::record(['url' => \str_repeat("\0", 1 << 20)]);

        $this->expectExceptionObject(new Skipped('too_large'));
        $record->json(self::LISTENER, $this->deadline());
    }

    public function testAFramesHeaderIsTwelveBytesBigEndian(): void
    {
        // 0x352441c2 is the CRC-32 of "abc".
        $frame = Frame::encode('abc');
        self::assertSame('00000003' . '01' . '01' . '0000' . '352441c2', \bin2hex(\substr($frame, 0, 12)));
        self::assertSame('abc', \substr($frame, 12));
    }

    /**
     * A checkout that waited for a row lock, made by the classes that make real ones.
     *
     * @return array<string, mixed>
     */
    private function slowRequest(): array
    {
        $server = [
            'REQUEST_METHOD' => 'POST', 'REQUEST_URI' => '/cart/17/submit?sku=9', 'REMOTE_ADDR' => '192.0.2.7',
            'HTTP_HOST' => 'shop.test', 'HTTP_USER_AGENT' => 'check/1', 'HTTP_X_REQUEST_START' => 't=1763892201.988',
        ];
        $request = new Request(Given::settings(), $server);
        $variables = [['sku' => '9'], ['city' => 'Gänt', 'card_number' => '1'], ['PHPSESSID' => 'x']];
        // What this process is must not stand in the file.
        $here = ['status' => 200, 'sapi' => 'fpm-fcgi', 'pid' => 2417];
        return ['correlation_id' => self::CORRELATION_ID, 'reason' => 'slow']
            + \array_replace($request->describe('/cart/{id}/submit', 'CartController::submitAction', '192.0.2.7'), $here)
            + ['variables' => $request->variables(...$variables), 'session' => Request::session(['PHPSESSID' => 'x'])]
            + ['request_body_bytes' => 31, 'response_body_bytes' => 5120, 'files' => 0, 'wall_us' => 1834000]
            + ['queue_us' => Queue::us($server['HTTP_X_REQUEST_START'], self::AT_US)]
            + ['cpu_user_us' => 21000, 'cpu_system_us' => 4000]
            + [
                'memory' => ['peak_used_bytes' => 3 << 20, 'peak_allocated_bytes' => 4 << 20, 'limit_bytes' => 1 << 27],
                'runtime' => self::runtime(),
                'error' => null,
                'sql' => $this->slowSql(),
                'profile' => $this->slowProfile(),
            ];
    }

    /** @return array<string, mixed> what a worker of a busy pool would say */
    private static function runtime(): array
    {
        $opcache = ['full' => false, 'free_bytes' => 90 << 20, 'wasted_bytes' => 0, 'scripts' => 812, 'misses' => 840];
        $fpm = ['pool' => 'shop', 'active' => 38, 'idle' => 2, 'listen_queue' => 0, 'max_children_reached' => 3];
        return [
            'php' => '7.4.33',
            'opcache' => $opcache + ['restarts' => 0],
            'fpm' => $fpm + ['worker_requests' => 412],
        ];
    }

    /** @return array<string, mixed> */
    private function slowSql(): array
    {
        $clock = new FakeClock(self::AT_US);
        $queries = new Queries(Given::settings(), $clock->monotonicNs());
        $connection = new Connection('4.1', new FakePdo(31337));
        $backends = new Backends('environment', self::CORRELATION_ID);
        PhalconEvents::attach($connection, $queries, $backends, $clock);
        $taking = static function (int $durationUs) use ($clock): callable {
            return static function () use ($clock, $durationUs): void {
                $clock->nowUs += $durationUs;
            };
        };
        $clock->nowUs += 9000;
        $connection->query('SELECT * FROM cart WHERE id = $1', $taking(800));
        $connection->begin();
        \Shop\Cart::submit($connection, 'SELECT stock FROM item WHERE sku = $1 FOR UPDATE', $taking(1790000));
        $connection->query("SELECT 'Gänt' AS city", $taking(300));
        $connection->commit();
        $queries->finish(self::AT_US * 1000 + 1834000000);
        $sql = $queries->describe() + ['connections' => $backends->describe()];
        $sql['connections'][0]['connection'] = 0;
        foreach ($sql['queries'] as $index => $query) {
            $sql['queries'][$index]['connection'] = 0;
            if (isset($query['caller_at'])) {
                $sql['queries'][$index]['caller_at'] = '/srv/shop/Cart.php:' . \Shop\Cart::QUERY_LINE;
            }
        }
        return $sql;
    }

    /** @return array<string, mixed> */
    private function slowProfile(): array
    {
        $pairs = new CallPairs([
            'main()' => ['ct' => 1, 'wt' => 1830000],
            'main()==>CartController::submitAction' => ['ct' => 1, 'wt' => 1828000],
            'CartController::submitAction==>Shop\Cart::submit' => ['ct' => 1, 'wt' => 1791000],
            'Shop\Cart::submit==>Phalcon\Db\Adapter\Pdo\AbstractPdo::query' => ['ct' => 1, 'wt' => 1790500],
            'Phalcon\Db\Adapter\Pdo\AbstractPdo::query==>PDOStatement::execute' => ['ct' => 1, 'wt' => 1790000],
            'Phalcon\Db\Adapter\Pdo\AbstractPdo::query==>Bitville\PhalconEvents::afterQuery' => ['ct' => 1, 'wt' => 60],
            'CartController::submitAction==>price' => ['ct' => 40, 'wt' => 30000],
            'price==>price@1' => ['ct' => 80, 'wt' => 12000],
        ], ['ct', 'wt'], [], Given::deadline());
        $kind = ['engine' => 'tideways_xhprof', 'shape' => 'call_pairs', 'metrics' => ['calls', 'wall_us']];
        return $kind + $pairs->fold(2000);
    }

    /** @param array<string, mixed> $body */
    private static function record(array $body): Record
    {
        $large = \array_fill_keys(['sql', 'profile'], true);
        $head = \array_diff_key($body, $large);
        $sql = $body['sql'] ?? null;
        return new Record('shop', 'web1', self::EVENT_ID, self::AT_US, $head, $sql, $body['profile'] ?? null);
    }

    private function deadline(): Deadline
    {
        $clock = new FakeClock();
        return new Deadline($clock, $clock->monotonicNs() + 50000000);
    }

    private function assertGolden(string $name, string $bytes): void
    {
        $path = Given::testdata($name);
        if (\getenv('BITVILLE_WRITE_GOLDENS') === '1') {
            \file_put_contents($path, $bytes);
        }
        self::assertStringEqualsFile($path, $bytes);
    }
}
