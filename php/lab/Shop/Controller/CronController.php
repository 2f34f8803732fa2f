<?php
/**
 * Jobs that a timer starts over HTTP, as many shops do it: so they run in the same pool as the
 * customers' requests, and nobody minds until one of them is slow.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Cron\ExportJob;
use Shop\Cron\RepriceJob;
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

    public function repriceAction(Request $request): Response
    {
        $count = (new RepriceJob($this->database))->run();

        return new Response(View::page('Repriced', '<p>' . $count . ' prices are new.</p>'));
    }
}
