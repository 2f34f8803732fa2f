<?php

declare(strict_types=1);

namespace Bitville;

/**
 * A PDO that tells of its statements, for code outside of Phalcon: {@see Listener::pdo()} makes one.
 *
 * It is a PDO in every other way, but that an exception names a file of ours as the place where it was
 * thrown: the application's line is the next one in its trace. Prepared statements are
 * {@see TracedStatement}s, except where PDO allows no class of ours: on a persistent connection, or
 * where the application has set a class of its own. Those are not seen.
 */
final class TracedPdo extends \PDO
{
    private ?StatementWatch $watch = null;

    /** @internal */
    public function watch(StatementWatch $watch): void
    {
        $this->watch = $watch;
        Silence::during(function () use ($watch): void {
            $isTheirs = parent::getAttribute(\PDO::ATTR_STATEMENT_CLASS) !== [\PDOStatement::class];
            if (!$isTheirs && !parent::getAttribute(\PDO::ATTR_PERSISTENT)) {
                $ours = [TracedStatement::class, [$watch, \WeakReference::create($this)]];
                parent::setAttribute(\PDO::ATTR_STATEMENT_CLASS, $ours);
            }
        });
    }

    /**
     * @internal
     *
     * @return int|false
     */
    public function unwatched(string $sql)
    {
        return parent::exec($sql);
    }

    /** @return int|false */
    #[\ReturnTypeWillChange]
    public function exec($statement)
    {
        if ($this->watch === null) {
            return parent::exec($statement);
        }
        return $this->watch->statement($this, (string) $statement, [], function () use ($statement) {
            return parent::exec($statement);
        });
    }

    /**
     * @param mixed ...$mode as PDO takes it
     *
     * @return \PDOStatement|false
     */
    #[\ReturnTypeWillChange]
    public function query($statement, $mode = null, ...$arguments)
    {
        // PDO counts its arguments, so none may be added.
        $given = \func_get_args();
        if ($this->watch === null) {
            return parent::query(...$given);
        }
        return $this->watch->statement($this, (string) $statement, [], function () use ($given) {
            return parent::query(...$given);
        });
    }

    #[\ReturnTypeWillChange]
    public function beginTransaction()
    {
        if ($this->watch !== null) {
            $this->watch->transaction('begin');
        }
        return parent::beginTransaction();
    }

    #[\ReturnTypeWillChange]
    public function commit()
    {
        if ($this->watch !== null) {
            $this->watch->transaction('commit');
        }
        return parent::commit();
    }

    #[\ReturnTypeWillChange]
    public function rollBack()
    {
        if ($this->watch !== null) {
            $this->watch->transaction('rollback');
        }
        return parent::rollBack();
    }
}
