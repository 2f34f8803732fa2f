<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The envelope around a request, and its JSON: `docs/protocol.md`, kind `request`.
 *
 * The JSON must fit into one frame. Its large parts, statements and profile, are encoded one by one, so
 * that to leave one of them out costs nothing: what is too large loses its statements first, then its
 * profile, and says so. The parts have bounds of their own, but bytes that are no text may take six
 * times their length.
 *
 * @internal
 */
final class Record
{
    /** Invalid UTF-8 becomes U+FFFD: one bad byte must not cost the record. */
    private const JSON_FLAGS = \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE
        | \JSON_INVALID_UTF8_SUBSTITUTE | \JSON_PARTIAL_OUTPUT_ON_ERROR;

    /** What the listener says of itself. */
    private const LISTENER_BYTES_MAX = 4096;

    /** @var array<string, mixed> */
    private array $envelope;

    /** @var array<string, mixed>|null */
    private ?array $sql;

    /** @var array<string, mixed>|null */
    private ?array $profile;

    /** Encoded, once they are. */
    private ?string $headJson = null;
    private ?string $sqlJson = null;
    private ?string $profileJson = null;

    /**
     * @param array<string, mixed>      $head    the body without its large parts
     * @param array<string, mixed>|null $sql
     * @param array<string, mixed>|null $profile
     */
    public function __construct(
        string $project,
        string $host,
        string $eventId,
        int $atUs,
        array $head,
        ?array $sql,
        ?array $profile
    ) {
        $this->envelope = [
            'v' => 1,
            'kind' => 'request',
            'event_id' => $eventId,
            'project' => $project,
            'host' => $host,
            'at_us' => $atUs,
            'body' => (object) $head,
        ];
        $this->sql = $sql;
        $this->profile = $profile;
    }

    /**
     * @param array<string, mixed> $listener what the listener says of itself, `skipped` in it
     *
     * @throws Skipped
     */
    public function json(array $listener, Deadline $deadline): string
    {
        $deadline->check('encode');
        $this->headJson = self::encode($this->envelope);
        $deadline->check('encode_sql');
        $this->sqlJson = self::encode($this->sql);
        $deadline->check('encode_profile');
        $this->profileJson = self::encode($this->profile);
        $deadline->check('join');
        if ($this->isTooLarge()) {
            $this->sqlJson = self::encode(self::sumsOf($this->sql));
            $listener['skipped'][] = 'queries: too large for a frame';
        }
        if ($this->isTooLarge()) {
            $this->profileJson = 'null';
            $listener['skipped'][] = 'profile: too large for a frame';
        }
        return $this->join($listener);
    }

    /**
     * Without the large parts, after it was encoded with them.
     *
     * @param array<string, mixed> $listener
     *
     * @throws Skipped
     */
    public function lean(array $listener): string
    {
        $lean = clone $this;
        $lean->sqlJson = self::encode(self::sumsOf($this->sql));
        $lean->profileJson = 'null';
        $listener['skipped'][] = 'profile, queries: too large for the way that was left';
        return $lean->join($listener);
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
        if ($sql === null) {
            return null;
        }
        return ['omitted' => $sql['count'], 'transactions' => [], 'queries' => [], 'repeated' => []] + $sql;
    }

    private function isTooLarge(): bool
    {
        $bytes = \strlen((string) $this->headJson) + \strlen((string) $this->sqlJson)
            + \strlen((string) $this->profileJson);
        return $bytes > Frame::BODY_BYTES_MAX - self::LISTENER_BYTES_MAX;
    }

    /**
     * @param array<string, mixed> $listener
     *
     * @throws Skipped
     */
    private function join(array $listener): string
    {
        $listener = ['version' => VERSION] + $listener
            + ['profile_bytes' => $this->profileJson === 'null' ? 0 : \strlen((string) $this->profileJson)];
        // Behind the head come the braces that close the body and the record.
        $json = \substr((string) $this->headJson, 0, -2) . ',"sql":' . $this->sqlJson
            . ',"profile":' . $this->profileJson . ',"listener":' . self::encode($listener) . '}}';
        if (\strlen($json) > Frame::BODY_BYTES_MAX) {
            throw new Skipped('too_large');
        }
        return $json;
    }

    /** @param array<string, mixed>|null $value */
    private static function encode(?array $value): string
    {
        return (string) \json_encode($value, self::JSON_FLAGS);
    }
}
