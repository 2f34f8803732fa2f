<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What every request tells of itself, whether it is captured or not: one datagram, well below 1 KiB,
 * which the collector adds up. `docs/protocol.md` has its fields. Of one whose record nobody has it says
 * more ({@see Lost}), and is still one datagram of a few KiB.
 *
 * Every request pays for this, so it is one function and asks nobody whom it need not ask.
 *
 * @internal
 */
final class Stats
{
    private const BYTES_MAX = 1000;

    /** With what is told of a record that was lost: four statements of text, or one of bytes that are none. */
    private const LOST_BYTES_MAX = 16 * 1024;

    private const METHOD_BYTES_MAX = 16;
    private const USER_AGENT_BYTES_MAX = 160;

    private const JSON_FLAGS = \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE
        | \JSON_INVALID_UTF8_SUBSTITUTE | \JSON_PARTIAL_OUTPUT_ON_ERROR;

    /**
     * @param array<string, int> $usage     `getrusage()` at its end
     * @param int                $peakBytes of memory, by then
     * @param string|null        $reason    why it was captured, if it was
     * @param string|null        $lost      why nobody has its record: then it is known by this alone
     */
    public static function frame(
        Capture $capture,
        int $endNs,
        array $usage,
        int $peakBytes,
        ?string $reason,
        ?string $lost
    ): string {
        $server = $capture->server;
        $settings = $capture->settings;
        $status = \http_response_code();
        $stat = [
            'v' => 1,
            'kind' => 'stat',
            'project' => $settings->project,
            'at_us' => $capture->startAtUs,
            'body' => [
                'method' => \substr($server['REQUEST_METHOD'] ?? 'CLI', 0, self::METHOD_BYTES_MAX),
                'route' => $capture->route()[0],
                'status' => $status === false ? null : $status,
                'wall_us' => \intdiv($endNs - $capture->startNs, 1000),
                'queue_us' => $capture->queueUs(),
                'cpu_us' => $usage === [] ? null
                    : Usage::userUs($capture->usage, $usage) + Usage::systemUs($capture->usage, $usage),
                'memory_peak_bytes' => \max(0, $peakBytes - Capture::RESERVE_BYTES),
                'sql_count' => $capture->queries->count(),
                'sql_us' => $capture->queries->totalUs(),
                'client' => $capture->client(),
                'user_agent' => \substr($server['HTTP_USER_AGENT'] ?? '', 0, self::USER_AGENT_BYTES_MAX),
                'captured' => $reason !== null,
            ],
        ];
        $json = (string) \json_encode($stat, self::JSON_FLAGS);
        if (\strlen($json) > self::BYTES_MAX) {
            // Only bytes that are no text take so much room, and nobody groups by those.
            $stat['body']['user_agent'] = '';
            $stat['body']['route'] = '__other__';
            $json = (string) \json_encode($stat, self::JSON_FLAGS);
        }
        return Frame::encode($lost === null ? $json : self::withLost($json, $capture, (string) $reason, $lost));
    }

    /** @param string $json of an object whose last member is the body */
    private static function withLost(string $json, Capture $capture, string $reason, string $why): string
    {
        Parts::load(Parts::LOST);
        $lost = Lost::describe($capture, $reason, $why);
        $lostJson = (string) \json_encode($lost, self::JSON_FLAGS);
        while (\strlen($json) + \strlen($lostJson) > self::LOST_BYTES_MAX && isset($lost['sql']['queries'][0])) {
            // The last is the one that tells least.
            \array_pop($lost['sql']['queries']);
            $lostJson = (string) \json_encode($lost, self::JSON_FLAGS);
        }
        // Behind it come the braces that close the body and the record.
        return \substr($json, 0, -2) . ',"lost":' . $lostJson . '}}';
    }
}
