<?php

declare(strict_types=1);

namespace Shop;

use Phalcon\Db\Adapter\Pdo\Connection;

/**
 * Somebody outside the framework and outside the listener who runs a statement.
 */
final class Cart
{
    public const QUERY_LINE = 18;

    public static function submit(Connection $connection, string $sql, ?callable $run = null): void
    {
        $connection->query($sql, $run);
    }
}
