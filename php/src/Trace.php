<?php

declare(strict_types=1);

namespace Bitville;

/**
 * One line per captured request in a file, for diagnosis and for counting that nothing got lost:
 *
 *     <ISO time> <correlation id> <reason> <acked|refused|skipped:why> <self_us> <bytes>
 *
 * Off unless the operator names a file. Nothing bounds that file: it is not meant to stay on. A
 * line is one write far below 8 KiB, so workers don't mix theirs.
 *
 * @internal
 */
final class Trace
{
    /** @param list<int|string> $fields without blanks */
    public static function append(string $file, int $wallUs, array $fields): void
    {
        $time = \gmdate('Y-m-d\TH:i:s', \intdiv($wallUs, 1000000)) . \sprintf('.%06dZ', $wallUs % 1000000);
        \file_put_contents($file, $time . ' ' . \implode(' ', $fields) . "\n", \FILE_APPEND);
    }
}
