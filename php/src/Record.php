<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The envelope around a request, and its JSON: `docs/protocol.md`, kind `request`.
 *
 * The JSON must fit into one frame. The parts have bounds of their own, but bytes that are no text
 * may take six times their length, so what is too large loses its statements first, then its
 * profile, and says so.
 *
 * @internal
 */
final class Record
{
    /** Invalid UTF-8 becomes U+FFFD: one bad byte must not cost the record. */
    private const JSON_FLAGS = \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE
        | \JSON_INVALID_UTF8_SUBSTITUTE | \JSON_PARTIAL_OUTPUT_ON_ERROR;

    /** A listed statement without its text. */
    private const QUERY_BYTES = 300;

    /** @var array<string, mixed> */
    private array $envelope;

    /** @param array<string, mixed> $body */
    public function __construct(string $project, string $host, string $eventId, int $atUs, array $body)
    {
        $this->envelope = [
            'v' => 1,
            'kind' => 'request',
            'event_id' => $eventId,
            'project' => $project,
            'host' => $host,
            'at_us' => $atUs,
            'body' => $body,
        ];
    }

    /**
     * @param list<string> $skipped
     *
     * @throws Skipped
     */
    public function json(int $selfUs, array $skipped, Deadline $deadline): string
    {
        $record = $this->envelope;
        foreach (['sql', 'profile', null] as $expendable) {
            $deadline->check('encode');
            $record['body']['listener'] = ['version' => VERSION, 'self_us' => $selfUs, 'skipped' => $skipped];
            $json = \json_encode($record, self::JSON_FLAGS);
            if (\is_string($json) && \strlen($json) <= Frame::BODY_BYTES_MAX) {
                return $json;
            }
            if ($expendable === 'sql') {
                $record['body']['sql'] = self::sumsOf($record['body']['sql'] ?? null);
                $skipped[] = 'queries: too large for a frame';
            } elseif ($expendable === 'profile') {
                $record['body']['profile'] = null;
                $skipped[] = 'profile: too large for a frame';
            }
        }
        throw new Skipped('too_large');
    }

    /**
     * All statements counted and timed, none listed.
     *
     * @param array<string, mixed>|null $sql
     *
     * @return array<string, mixed>|null
     */
    public static function sumsOf(?array $sql): ?array
    {
        return $sql === null ? null : ['omitted' => $sql['count'], 'transactions' => [], 'queries' => []] + $sql;
    }

    /**
     * What the listed statements will take.
     *
     * @param array<string, mixed>|null $sql
     */
    public static function estimateBytes(?array $sql): int
    {
        $bytes = 0;
        foreach ($sql['queries'] ?? [] as $query) {
            $bytes += self::QUERY_BYTES + \strlen($query['sql']);
        }
        return $bytes;
    }
}
