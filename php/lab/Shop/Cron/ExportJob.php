<?php
/**
 * Marks the hot products as exported and tells the warehouse, in one transaction: while it waits for the
 * warehouse's answer, nobody else can touch those rows.
 */

declare(strict_types=1);

namespace Shop\Cron;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Reviews;

final class ExportJob
{
    /** How many answers of the slow warehouse it waits for. */
    private const PAGES = 6;

    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function run(): int
    {
        $this->database->begin();
        $this->database->execute('UPDATE stock SET priced_at = now() WHERE is_hot');
        for ($page = 0; $page < self::PAGES; $page++) {
            Reviews::of('page' . $page);
        }
        $this->database->commit();

        return self::PAGES;
    }
}
