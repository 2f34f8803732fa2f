<?php

declare(strict_types=1);

namespace Bitville;

/**
 * A prepared statement of a {@see TracedPdo}: each execution is a statement of the request.
 */
final class TracedStatement extends \PDOStatement
{
    private StatementWatch $watch;

    /** @var \WeakReference to the PDO; a strong one would be a ring with PDO's own list */
    private \WeakReference $pdo;

    /** @var array<int|string, mixed> what was bound one by one */
    private array $bound = [];

    protected function __construct(StatementWatch $watch, \WeakReference $pdo)
    {
        $this->watch = $watch;
        $this->pdo = $pdo;
    }

    #[\ReturnTypeWillChange]
    public function bindValue($parameter, $value, $type = \PDO::PARAM_STR)
    {
        $this->bound[\is_int($parameter) ? $parameter - 1 : $parameter] = $value;
        return parent::bindValue($parameter, $value, $type);
    }

    /** @param array<int|string, mixed>|null $parameters */
    #[\ReturnTypeWillChange]
    public function execute($parameters = null)
    {
        $pdo = $this->pdo->get();
        if ($pdo === null) {
            return parent::execute($parameters);
        }
        $values = \is_array($parameters) ? $parameters : $this->bound;
        return $this->watch->statement($pdo, (string) $this->queryString, $values, function () use ($parameters) {
            return parent::execute($parameters);
        });
    }
}
