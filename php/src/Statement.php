<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What can be told of a SQL statement from its text alone, by regular expressions over Postgres'
 * lexical rules (its manual, section 4.1): no grammar, and never more than one pass.
 *
 * @internal
 */
final class Statement
{
    /**
     * Literals. Quoted identifiers are passed over as they are, since a quote in them opens nothing.
     * Every repetition is possessive: a text of 64 KiB must not exhaust the matcher's stack. A literal
     * that a cut has left open goes to the end.
     */
    private const LITERALS = '~"(?:[^"]++|"")*+(?:"|\z)(*SKIP)(*F)'
        . '|\b[eE]\'(?:[^\'\\\\]++|\\\\.|\'\')*+(?:\'|\z)'
        . '|(?:\b[bBxXnN]|\b[uU]&)?\'(?:[^\']++|\'\')*+(?:\'|\z)'
        . '|(?<![\w$])\$([A-Za-z_][A-Za-z0-9_]*+)?+\$.*?(?:\$\1\$|\z)'
        . '|(?<![\w$."])(?:0[xX][\da-fA-F]++|0[oObB]\d++|(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?+\d++)?+)~s';

    private const COMMENTS = '~"(?:[^"]++|"")*+(?:"|\z)(*SKIP)(*F)'
        . '|\b[eE]\'(?:[^\'\\\\]++|\\\\.|\'\')*+(?:\'|\z)(*SKIP)(*F)'
        . '|\'(?:[^\']++|\'\')*+(?:\'|\z)(*SKIP)(*F)'
        . '|(?<![\w$])\$([A-Za-z_][A-Za-z0-9_]*+)?+\$.*?(?:\$\1\$|\z)(*SKIP)(*F)'
        . '|--[^\n]*+|/\*.*?(?:\*/|\z)~s';

    /**
     * With `?` for each literal, and without comments: what people wrote into a statement is data,
     * and may be anybody's. A text that can't be searched is not shown.
     */
    public static function withoutLiterals(string $sql): string
    {
        if (\strpos($sql, '--') !== false || \strpos($sql, '/*') !== false) {
            $sql = \preg_replace(self::COMMENTS, ' ', $sql) ?? '';
        }
        return \preg_replace(self::LITERALS, '?', $sql) ?? '?';
    }

    /** What statements have in common that differ in their values alone, lists of any length included. */
    public static function shape(string $sql): string
    {
        $shape = \preg_replace(
            ['/\s++/', '/\(\s*+(?:\?|\$\d++|:\w++)(?:\s*+,\s*+(?:\?|\$\d++|:\w++))*+\s*+\)/'],
            [' ', '(?)'],
            self::withoutLiterals($sql)
        );
        return \trim($shape ?? '?');
    }

    /** Whether it takes locks that others may wait for, by its words. */
    public static function locksRows(string $sql): bool
    {
        if (\preg_match('/^[\s(]*+(?:(insert|update|delete|merge|lock)|with)\b/i', $sql, $word) === 1) {
            // WITH may hide any of them anywhere.
            return isset($word[1])
                || \preg_match('/\b(?:insert\s+into|update|delete\s+from)\b/i', \substr($sql, 0, 4096)) === 1
                || self::hasLockClause($sql);
        }
        return \stripos($sql, 'for') !== false && self::hasLockClause($sql);
    }

    /** It stands at the end. */
    private static function hasLockClause(string $sql): bool
    {
        return \preg_match('/\bfor\s+(?:no\s+key\s+)?(?:update|(?:key\s+)?share)\b/i', \substr($sql, -256)) === 1;
    }
}
