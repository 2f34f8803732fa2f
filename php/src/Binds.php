<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What was bound to a statement, by name or by place (from 1, as Postgres counts): of which type, how
 * long, and where the site wants it (`sql_values`) which value, cut and without what looks like a secret.
 *
 * @internal
 */
final class Binds
{
    public const VALUE_BYTES_MAX = 64;

    private const NAME_BYTES_MAX = 64;

    private const TYPES = [
        'integer' => 'int', 'boolean' => 'bool', 'double' => 'float', 'NULL' => 'null', 'object' => 'object',
        'array' => 'array', 'resource' => 'lob',
    ];

    /** @param array<int|string, int|string> $binds a text's length, or what `gettype` says */
    public static function types(array $binds): object
    {
        $types = [];
        foreach ($binds as $name => $bind) {
            $types[self::name($name)] = \is_int($bind) ? 'str(' . $bind . ')' : (self::TYPES[$bind] ?? 'other');
        }
        return (object) $types;
    }

    /** @param array<int|string, mixed> $values */
    public static function values(array $values): object
    {
        $shown = [];
        foreach ($values as $name => $value) {
            $name = self::name($name);
            $shown[$name] = \is_scalar($value) ? Redactor::named($name, (string) $value, self::VALUE_BYTES_MAX) : null;
        }
        return (object) $shown;
    }

    /** @param int|string $name */
    private static function name($name): string
    {
        return \is_int($name) ? (string) ($name + 1) : \substr(\ltrim($name, ':'), 0, self::NAME_BYTES_MAX);
    }
}
