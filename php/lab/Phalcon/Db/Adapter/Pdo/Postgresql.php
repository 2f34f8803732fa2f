<?php
/**
 * Stand-in for Phalcon 4.1's PostgreSQL adapter. A "schema" in the descriptor becomes the search
 * path, by a statement that nobody can see: there is no events manager yet.
 */

declare(strict_types=1);

namespace Phalcon\Db\Adapter\Pdo;

class Postgresql extends AbstractPdo
{
    /** @var string */
    protected $type = 'pgsql';

    public function connect(?array $descriptor = null): bool
    {
        $descriptor = $descriptor ?? $this->descriptor;
        $schema = (string) ($descriptor['schema'] ?? '');
        unset($descriptor['schema']);
        $status = parent::connect($descriptor);
        if ($schema !== '') {
            $this->execute("SET search_path TO '" . $schema . "'");
        }

        return $status;
    }
}
