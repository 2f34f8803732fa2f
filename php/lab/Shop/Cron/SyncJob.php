<?php
/**
 * Opens a connection for each supplier and keeps them all, as if the server had any number of them. When it
 * gets none it waits for one to come free, and takes that from whoever comes for a page.
 */

declare(strict_types=1);

namespace Shop\Cron;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Database;

final class SyncJob
{
    /** More than the server has. */
    private const SUPPLIERS = 130;
    private const PATIENCE_S = 25.0;
    private const AGAIN_S = 0.02;

    public function run(): int
    {
        $until = microtime(true) + self::PATIENCE_S;
        $connections = [];
        for ($supplier = 0; $supplier < self::SUPPLIERS; $supplier++) {
            $connection = $this->connect($until);
            if ($connection === null) {
                break;
            }
            $connection->fetchOne('SELECT count(*) FROM category');
            $connections[] = $connection;
        }

        return count($connections);
    }

    private function connect(float $until): ?Postgresql
    {
        while (microtime(true) < $until) {
            try {
                return Database::connect();
            } catch (\PDOException $refused) {
                usleep((int) (self::AGAIN_S * 1e6));
            }
        }

        return null;
    }
}
