<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What a request's numbers say besides, when nobody has its record: why, and of its statements the few that
 * prove what it did. It goes with the datagram that is sent anyway, behind the deadline, so it is made of
 * what {@see Queries} has at hand and never of all statements. `docs/protocol.md` has its fields.
 *
 * @internal
 */
final class Lost
{
    /** Of one statement's text; four of them leave room for the numbers in the bound of the whole. */
    private const SQL_BYTES_MAX = 2048;

    /** What the texts need while they are made ready: a request that died of its memory limit has no room. */
    private const ROOM_BYTES = 256 * 1024;

    /**
     * @param string $reason why it was captured
     * @param string $why    the step of the hand-over at which it ended
     *
     * @return array<string, mixed> the protocol's `lost`
     */
    public static function describe(Capture $capture, string $reason, string $why): array
    {
        $lost = [
            'correlation_id' => $capture->correlationId,
            'reason' => $reason,
            'why' => $why,
            'pid' => (int) \getmypid(),
            'sapi' => \PHP_SAPI,
        ];
        $queries = $capture->queries;
        if ($queries->count() > 0 && Memory::hasRoomFor(self::ROOM_BYTES)) {
            $lost['sql'] = self::sql($queries, $capture->startNs, $capture->settings->sqlLiterals);
        }
        return $lost;
    }

    /** @return array<string, mixed> */
    private static function sql(Queries $queries, int $startNs, bool $showsLiterals): array
    {
        $gist = $queries->gist();
        $briefly = static function (Query $query) use ($startNs, $showsLiterals): array {
            return $query->brief($startNs, $showsLiterals, self::SQL_BYTES_MAX);
        };
        return [
            'failed' => $queries->failed(),
            'transactions' => $gist['transactions'],
            'queries' => \array_map($briefly, $gist['queries']),
        ];
    }
}
