<?php
/**
 * What goes back to the browser.
 */

declare(strict_types=1);

namespace Shop;

final class Response
{
    /** @var int */
    public $status;
    /** @var string */
    public $body;

    public function __construct(string $body, int $status = 200)
    {
        $this->status = $status;
        $this->body = $body;
    }

    public function send(): void
    {
        http_response_code($this->status);
        header('Content-Type: text/html; charset=utf-8');
        echo $this->body;
    }
}
