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
    private const SEGMENTS_MAX = 16;
    private const BYTES_MAX = 256;

    private const ID = '/^(?:\d+'
        . '|(?=[a-f]*\d)[0-9a-f]{6,}'
        . '|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/Di';

    public static function ofPath(string $path): string
    {
        $segments = \explode('/', $path, self::SEGMENTS_MAX + 2);
        if (\count($segments) > self::SEGMENTS_MAX + 1) {
            $segments[self::SEGMENTS_MAX + 1] = '…';
        }
        foreach ($segments as $index => $segment) {
            if (\preg_match(self::ID, $segment) === 1) {
                $segments[$index] = '{}';
            }
        }
        return \substr(\implode('/', $segments), 0, self::BYTES_MAX);
    }
}
