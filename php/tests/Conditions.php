<?php

declare(strict_types=1);

namespace Bitville\Tests;

/**
 * What the collector and the spool folder may be like when a request wants to hand over. Each makes
 * the settings that lead there and what has to live as long as they are used; beside it stands the
 * outcome, a pattern for the trace file.
 */
final class Conditions
{
    /** @return array<string, array{0: callable(): array{0: array<string, string>, 1: mixed}, 1: string}> */
    public static function collectors(): array
    {
        return [
            'healthy' => [self::peer(Peer::ACKS), 'acked'],
            'refusing' => [self::peer(Peer::REFUSES), 'refused'],
            'hanging up' => [self::peer(Peer::HANGS_UP), 'skipped:(answer|write)'],
            'babbling' => [self::peer(Peer::BABBLES), 'skipped:answer'],
            'never answering' => [self::peer(Peer::NEVER_ANSWERS, '50ms'), 'skipped:budget_answer'],
            'reading a byte a second' => [self::peer(Peer::READS_A_BYTE_A_SECOND, '50ms'), 'skipped:budget_(answer|write)'],
            'absent' => [static function (): array {
                return [['socket' => Given::path(), 'budget' => '1s'], null];
            }, 'skipped:connect'],
            'absent, with a port where nobody listens' => [static function (): array {
                return [['socket' => Given::path(), 'udp' => '127.0.0.1:9', 'budget' => '1s'], null];
            }, 'skipped:connect'],
            'dead, its socket left behind' => [[self::class, 'dead'], 'skipped:connect'],
            'stopped' => [static function (): array {
                $peer = new Peer(Peer::ACKS);
                $peer->freeze();
                return [['socket' => $peer->path], $peer];
            }, 'skipped:budget_(answer|write)'],
            'with a full backlog' => [[self::class, 'withFullBacklog'], 'skipped:connect'],
            'listening on UDP alone' => [static function (): array {
                $udp = \stream_socket_server('udp://127.0.0.1:0', $code, $message, \STREAM_SERVER_BIND);
                return [['socket' => Given::path(), 'udp' => \stream_socket_get_name($udp, false), 'budget' => '1s'], $udp];
            }, 'sent(_lean)?:connect'],
        ];
    }

    /** @return array<string, array{0: callable(): array{0: array<string, string>, 1: mixed}, 1: string}> */
    public static function spools(): array
    {
        $spool = static function (callable $folder): callable {
            return static function () use ($folder): array {
                return [['socket' => Given::path(), 'spool_dir' => $folder()], null];
            };
        };
        // After some failures nobody knocks at the socket any more: the breaker's file is in the folder.
        return [
            'healthy' => [$spool([Given::class, 'folder']), 'spooled(_lean)?:(connect|breaker)'],
            'missing' => [$spool([Given::class, 'path']), 'skipped:connect'],
            'a file' => [$spool(static function (): string {
                return Given::file('');
            }), 'skipped:connect'],
            'full' => [$spool(static function (): string {
                $folder = Given::folder();
                for ($place = 0; $place < 256; $place++) {
                    \touch($folder . \sprintf('/%04d.frame', $place));
                }
                return $folder;
            }), 'skipped:(connect|breaker)'],
            'unwritable, for root as well' => [$spool(static function (): string {
                return '/proc/self';
            }), 'skipped:connect'],
        ];
    }

    /** @return array{0: array<string, string>, 1: mixed} */
    public static function dead(): array
    {
        $path = Given::path();
        \fclose(\stream_socket_server('unix://' . $path));
        return [['socket' => $path, 'budget' => '1s'], null];
    }

    /** @return array{0: array<string, string>, 1: mixed} */
    public static function withFullBacklog(): array
    {
        $path = Given::path();
        $context = \stream_context_create(['socket' => ['backlog' => 1]]);
        $flags = \STREAM_SERVER_BIND | \STREAM_SERVER_LISTEN;
        $held = [\stream_socket_server('unix://' . $path, $code, $message, $flags, $context)];
        $async = \STREAM_CLIENT_CONNECT | \STREAM_CLIENT_ASYNC_CONNECT;
        do {
            $held[] = $client = @\stream_socket_client('unix://' . $path, $code, $message, 0, $async);
        } while ($client !== false);
        return [['socket' => $path, 'budget' => '1s'], $held];
    }

    /** @param string $budget enough on a machine that is busy with other things, unless all of it is waited for */
    private static function peer(string $manner, string $budget = '1s'): callable
    {
        return static function () use ($manner, $budget): array {
            $peer = new Peer($manner);
            return [['socket' => $peer->path, 'budget' => $budget], $peer];
        };
    }
}
