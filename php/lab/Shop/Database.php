<?php
/**
 * Opens the shop's connection, a new one per request, and shows it to Bitville if that is there.
 */

declare(strict_types=1);

namespace Shop;

use Phalcon\Db\Adapter\Pdo\Postgresql;

final class Database
{
    public static function connect(): Postgresql
    {
        $connection = new Postgresql([
            'host' => self::setting('SHOP_DB_HOST'),
            'port' => self::setting('SHOP_DB_PORT'),
            'dbname' => self::setting('SHOP_DB_NAME'),
            'username' => self::setting('SHOP_DB_USER'),
            'password' => self::setting('SHOP_DB_PASSWORD'),
        ]);
        if (class_exists('Bitville\Listener', false)) {
            \Bitville\Listener::attach($connection);
        }

        return $connection;
    }

    private static function setting(string $name): string
    {
        $value = getenv($name);
        if ($value === false || $value === '') {
            throw new \RuntimeException('the environment has no ' . $name);
        }

        return $value;
    }
}
