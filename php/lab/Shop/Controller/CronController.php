<?php
/**
 * Jobs that a timer starts over HTTP, as many shops do it: so they run in the same pool as the
 * customers' requests, and nobody minds until one of them is slow.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Cron\ExportJob;
use Shop\Cron\RebuildJob;
use Shop\Cron\ReportJob;
use Shop\Cron\RepriceJob;
use Shop\Cron\SyncJob;
use Shop\Request;
use Shop\Response;
use Shop\View;

final class CronController
{
    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function exportAction(Request $request): Response
    {
        $pages = (new ExportJob($this->database))->run();

        return new Response(View::page('Exported', '<p>' . $pages . ' pages.</p>'));
    }

    /**
     * A change of a table's shape, as a release brings it: it takes no time, once it gets its lock.
     */
    public function migrateAction(Request $request): Response
    {
        $this->database->execute('ALTER TABLE stock ALTER COLUMN qty SET DEFAULT 0');

        return new Response(View::page('Migrated', '<p>The table has its new shape.</p>'));
    }

    public function rebuildAction(Request $request): Response
    {
        $rows = (new RebuildJob($this->database))->run();

        return new Response(View::page('Rebuilt', '<p>' . $rows . ' sales.</p>'));
    }

    public function reportAction(Request $request): Response
    {
        $products = (new ReportJob($this->database))->run();

        return new Response(View::page('Reported', '<p>' . $products . ' products.</p>'));
    }

    public function syncAction(Request $request): Response
    {
        $suppliers = (new SyncJob())->run();

        return new Response(View::page('Synchronised', '<p>' . $suppliers . ' suppliers.</p>'));
    }

    public function repriceAction(Request $request): Response
    {
        $count = (new RepriceJob($this->database))->run();

        return new Response(View::page('Repriced', '<p>' . $count . ' prices are new.</p>'));
    }
}
