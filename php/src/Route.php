<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Guesses the route from a path, where no router has told it: `/cart/17/item/9f86d081` becomes
 * `/cart/{}/item/{}`.
 *
 * Requests are grouped by it, so anything that looks like an id has to go; a word that merely
 * consists of the letters a to f stays.
 *
 * @internal
 */
final class Route
{
    private const TARGET_BYTES_MAX = 2048;
    private const SEGMENTS_MAX = 16;
    private const BYTES_MAX = 256;

    private const ID = '/^(?:\d+'
        . '|(?=[a-f]*\d)[0-9a-f]{6,}'
        . '|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/Di';

    /** @param array<string, mixed> $server `$_SERVER` */
    public static function guess(array $server): string
    {
        return self::ofPath(self::path(\substr(self::target($server), 0, self::TARGET_BYTES_MAX)));
    }

    /**
     * On the command line there is no URL; the script stands for it, without its arguments.
     *
     * @param array<string, mixed> $server `$_SERVER`
     */
    public static function target(array $server): string
    {
        return (string) ($server['REQUEST_URI'] ?? $server['SCRIPT_NAME'] ?? '');
    }

    /** The part of a URL between the host, if there is one, and the query. */
    public static function path(string $url): string
    {
        $path = \preg_replace('/^[a-z][a-z0-9+.-]*:\/\/[^\/?#]*/i', '', $url) ?? '';
        return \substr($path, 0, \strcspn($path, '?#'));
    }

    public static function ofPath(string $path): string
    {
        $segments = \explode('/', $path, self::SEGMENTS_MAX + 2);
        if (\count($segments) > self::SEGMENTS_MAX + 1) {
            $segments[self::SEGMENTS_MAX + 1] = '…';
        }
        foreach ($segments as $index => $segment) {
            // Every id has a digit in it, or is a UUID, which is long; most segments are words.
            $mayBeId = \strpbrk($segment, '0123456789') !== false || \strlen($segment) === 36;
            if ($mayBeId && \preg_match(self::ID, $segment) === 1) {
                $segments[$index] = '{}';
            }
        }
        return \substr(\implode('/', $segments), 0, self::BYTES_MAX);
    }
}
