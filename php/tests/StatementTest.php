<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Statement;
use PHPUnit\Framework\TestCase;

final class StatementTest extends TestCase
{
    /** The cases that the store's fingerprint is tested with as well. */
    public function testLiteralsAndCommentsAreTakenOut(): void
    {
        $cases = \json_decode((string) \file_get_contents(Given::testdata('sql_cases.json')), true);
        self::assertGreaterThan(10, \count($cases));
        foreach ($cases as $case) {
            self::assertSame($case['redacted'], Statement::withoutLiterals($case['sql']));
        }
    }

    /**
     * @testWith ["SELECT * FROM t WHERE id IN (1, 2, 3)", "SELECT * FROM t WHERE id IN ($1)"]
     *           ["SELECT  a\n FROM t WHERE x = 'long''er'", "SELECT a FROM t WHERE x = 7"]
     *           ["INSERT INTO t VALUES (:a, :b)", "INSERT INTO t VALUES (:a)"]
     */
    public function testWhatDiffersInValuesAloneHasOneShape(string $one, string $other): void
    {
        self::assertSame(Statement::shape($one), Statement::shape($other));
    }

    public function testNoTextIsTooLongOrTooStrange(): void
    {
        foreach (["'", '"', '$', '(', '--', '/*', "E'\\", '1e', "\xff\xfe", '$a$'] as $piece) {
            $text = \str_repeat($piece, 30000);
            self::assertLessThanOrEqual(\strlen($text) + 10, \strlen(Statement::withoutLiterals($text)), $piece);
            self::assertIsString(Statement::shape($text));
            self::assertIsBool(Statement::locksRows($text));
        }
    }

    /**
     * @testWith ["UPDATE stock SET qty = 1", true]
     *           ["  ( select 1 for update", true]
     *           ["SELECT 1 FROM t WHERE a = 'for update'", true]
     *           ["WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", true]
     *           ["with x as (select 1) select * from x", false]
     *           ["SELECT information FROM t", false]
     *           ["SELECT * FROM t FOR NO KEY UPDATE SKIP LOCKED", true]
     *           ["updates", false]
     */
    public function testWhichStatementsLockRows(string $sql, bool $locks): void
    {
        self::assertSame($locks, Statement::locksRows($sql));
    }
}
