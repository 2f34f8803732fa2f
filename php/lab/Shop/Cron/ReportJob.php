<?php
/**
 * Reads the whole stock against itself for a report. It changes nothing, and while it reads nobody may
 * change the table's shape.
 */

declare(strict_types=1);

namespace Shop\Cron;

use Phalcon\Db\Adapter\Pdo\Postgresql;

final class ReportJob
{
    /** Up to which product; it takes 15 s and more. */
    private const LAST_SKU = 'SKU-008000';

    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function run(): int
    {
        $report = $this->database->fetchOne(
            'SELECT count(*) AS products FROM (SELECT a.sku, count(b.sku) AS cheaper, avg(b.price_cents) AS price '
            . 'FROM stock a JOIN stock b ON b.price_cents < a.price_cents AND b.sku <> a.sku WHERE a.sku <= ? '
            . 'GROUP BY a.sku) compared',
            \PDO::FETCH_ASSOC,
            [self::LAST_SKU]
        );

        return (int) $report['products'];
    }
}
