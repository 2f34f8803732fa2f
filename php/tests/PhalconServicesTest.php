<?php

declare(strict_types=1);

namespace Bitville\Tests;

use PHPUnit\Framework\TestCase;

/** Connections, route and action by way of Phalcon's container, whose stand-in follows its source. */
final class PhalconServicesTest extends TestCase
{
    /** @dataProvider orders */
    public function testStatementsRouteAndActionAreFound(string $version, string $order, string $ownManager, array $seen): void
    {
        $environment = ['VERSION' => $version, 'ORDER' => $order, 'OWN_MANAGER' => $ownManager];
        [$output, $body] = $this->capture($environment, []);

        // Its own listener hears of each of its statements, and services are made as often as without.
        self::assertSame('[4,4,' . ($ownManager === '1' ? 'true' : 'null') . "]\n", $output);
        self::assertSame($seen, \array_map(static function (array $query): string {
            return (string) \substr($query['sql'], \strlen('SELECT ? FROM '));
        }, $body['sql']['queries']));
        self::assertSame(['/cart/{id:[0-9]+}', 'CartController::showAction'], [$body['route'], $body['action']]);
        self::assertSame([], $body['listener']['skipped']);
    }

    /** @return iterable<string, array{0: string, 1: string, 2: string, 3: list<string>}> */
    public function orders(): iterable
    {
        $all = ['cart', 'archive', 'cart', 'archive', 'cart', 'archive'];
        foreach (['3.4', '4', '5'] as $version) {
            foreach (['', '1'] as $ownManager) {
                $name = 'Phalcon ' . $version . ($ownManager === '' ? '' : ', which has a manager');
                // The first statement came before the listener did, or with it.
                yield $name . ', included behind the container' => [$version, 'filled', $ownManager, \array_merge([''], $all)];
                yield $name . ', included behind the connection' => [$version, 'connected', $ownManager, $all];
                yield $name . ', attached by a call' => [$version, 'call', $ownManager, $all];
            }
        }
    }

    public function testWhereNothingIsAttachedTheRecordSaysHow(): void
    {
        foreach ([['first', []], ['filled', ['sql_attach' => 'off']]] as [$order, $php]) {
            [, $body] = $this->capture(['VERSION' => '4', 'ORDER' => $order, 'OWN_MANAGER' => ''], $php);
            self::assertSame(0, $body['sql']['count']);
            $hint = 'sql: nothing attached; call Bitville\Listener::attach($di)';
            self::assertSame([$hint], $body['listener']['skipped']);
        }
    }

    /**
     * @param array<string, string> $environment
     * @param array<string, string> $php
     *
     * @return array{0: string, 1: array<string, mixed>} the application's output, the record's body
     */
    private function capture(array $environment, array $php): array
    {
        $peer = new Peer(Peer::ACKS);
        $settings = Given::settingsFile($php + ['socket' => $peer->path, 'threshold' => '0ms', 'profile' => 'off']);
        $command = \array_merge(App::php(), [__DIR__ . '/apps/phalcon.php']);
        $ran = App::execute($command, $environment + App::environment($settings));
        self::assertSame(['', 0], [$ran['errors'], $ran['exit']]);
        return [$ran['output'], $peer->record()['body']];
    }
}
