<?php
/**
 * A customer's own page, and the invoices of the year as one download, which another service makes.
 */

declare(strict_types=1);

namespace Shop\Controller;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Shop\Request;
use Shop\Response;
use Shop\Reviews;
use Shop\Session;
use Shop\View;

final class AccountController
{
    /** How many answers of the slow service a download needs. */
    private const INVOICES = 6;

    /** @var Postgresql */
    private $database;

    public function __construct(Postgresql $database)
    {
        $this->database = $database;
    }

    public function showAction(Request $request): Response
    {
        $visits = Session::visit($request->session());
        $cart = $this->database->fetchOne(
            'SELECT count(*) AS lines FROM cart_line WHERE session = ?',
            \PDO::FETCH_ASSOC,
            [$request->session()]
        );
        $content = '<p>Visit ' . $visits . ', ' . (int) $cart['lines'] . ' in the cart.</p>';

        return new Response(View::page('Account', $content));
    }

    public function invoicesAction(Request $request): Response
    {
        Session::visit($request->session());
        $bytes = 0;
        for ($invoice = 0; $invoice < self::INVOICES; $invoice++) {
            $bytes += strlen(Reviews::of('invoice' . $invoice));
        }

        return new Response(View::page('Invoices', '<p>' . $bytes . ' bytes.</p>'));
    }
}
