<?php
/**
 * Counts the sessions that wait for a lock, so that the lab can say whether its spike was one.
 */

declare(strict_types=1);

namespace Load;

final class LockWatch
{
    /** @var \PDOStatement */
    private $statement;

    public function __construct(\PDO $database)
    {
        $this->statement = $database->prepare(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        );
    }

    public static function connect(): \PDO
    {
        return new \PDO(
            sprintf(
                'pgsql:host=%s;port=%s;dbname=%s;application_name=lab',
                getenv('SHOP_DB_HOST'),
                getenv('SHOP_DB_PORT'),
                getenv('SHOP_DB_NAME')
            ),
            (string) getenv('SHOP_DB_USER'),
            (string) getenv('SHOP_DB_PASSWORD'),
            [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]
        );
    }

    public function waiting(): int
    {
        $this->statement->execute();

        return (int) $this->statement->fetchColumn();
    }
}
