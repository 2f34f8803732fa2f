<?php
/**
 * What the browser sent, read once, so that controllers don't touch superglobals.
 */

declare(strict_types=1);

namespace Shop;

final class Request
{
    /** @var string */
    public $method;
    /** @var string */
    public $path;
    /** @var array<string, mixed> */
    private $query;
    /** @var array<string, mixed> */
    private $form;
    /** @var string */
    private $session;

    /**
     * @param array<string, mixed> $query
     * @param array<string, mixed> $form
     */
    public function __construct(string $method, string $path, array $query, array $form, string $session)
    {
        $this->method = $method;
        $this->path = $path;
        $this->query = $query;
        $this->form = $form;
        $this->session = $session;
    }

    public static function fromGlobals(): self
    {
        $session = $_COOKIE['shop_session'] ?? '';

        return new self(
            $_SERVER['REQUEST_METHOD'] ?? 'GET',
            (string) parse_url($_SERVER['REQUEST_URI'] ?? '/', PHP_URL_PATH),
            $_GET,
            $_POST,
            is_string($session) && preg_match('/^[a-z0-9]{8,64}$/', $session) === 1 ? $session : 'anonymous'
        );
    }

    public function query(string $name): string
    {
        return self::text($this->query, $name);
    }

    public function form(string $name): string
    {
        return self::text($this->form, $name);
    }

    public function session(): string
    {
        return $this->session;
    }

    /**
     * @param array<string, mixed> $values
     */
    private static function text(array $values, string $name): string
    {
        $value = $values[$name] ?? '';

        // A list (?q[]=) or an endless text is nobody's search.
        return is_string($value) ? substr(trim($value), 0, 200) : '';
    }
}
