<?php
/**
 * The faults that can be asked for, as data: how each begins and ends, what it sends, who suffers, and who is
 * to blame, as a kind and a pattern of the store's suspects.
 *
 * - `prepares`, `begins`, `ends`: statements before the quiet load, when the fault begins, and when it is over;
 *   what was prepared is undone with the rest;
 * - `deploys`: the shop has the mistake of that name (`Shop\Fault`); `expires`: a kept value's time is over;
 *   `touches`: all files of the shop are new again and again, as while a release is copied;
 * - `sends`: requests that are part of the fault, each as seconds from its begin, seconds between repetitions
 *   (0: once), method, path and session; a fault that sends something once lasts until that is answered;
 * - `suffers`: the route by which one sees that it happened, `sign`: how (`slow` often, `long` once, `waits` for
 *   a lock, `fails`); `rate`: how many times the usual customers come, all the time.
 */

declare(strict_types=1);

namespace Load;

final class Faults
{
    /** Where a crawler goes. */
    public const ANY_SEARCH = 'any search';

    private const USUAL = [
        'prepares' => [], 'begins' => [], 'ends' => [], 'deploys' => false, 'expires' => false, 'touches' => false,
        'sends' => [], 'rate' => 1.0, 'sign' => 'slow', 'suffers' => '', 'kind' => '', 'pattern' => '',
    ];

    private const ALL = [
        'lock-pile-up' => [
            'sends' => [[0.0, 0.0, 'POST', '/cron/reprice', 'labcron0']],
            'suffers' => 'POST /checkout', 'sign' => 'waits',
            'kind' => 'lock_holder', 'pattern' => '^POST /cron/reprice$',
        ],
        'idle-in-transaction' => [
            'sends' => [[0.0, 0.0, 'POST', '/cron/export', 'labcron0']],
            'suffers' => 'POST /checkout', 'sign' => 'waits',
            'kind' => 'lock_holder', 'pattern' => '^POST /cron/export$',
        ],
        'n-plus-one' => [
            'deploys' => true, 'rate' => 1.5, 'suffers' => 'GET /',
            'kind' => 'statement', 'pattern' => 'other\\.sku',
        ],
        'missing-index' => [
            // An import of old orders, after which nobody made the indexes again: without so many lines a quick
            // machine reads them all in no time, and nothing is wrong. With more customers a slow one has none to spare
            // in the quiet time either.
            'begins' => [
                'DROP INDEX order_line_sku',
                'DROP INDEX order_line_order',
                'INSERT INTO order_line (order_id, sku, qty, price_cents)'
                    . " SELECT 1 + n % 80000, 'SKU-024000', 1, 1 FROM generate_series(1, 800000) n",
            ],
            'ends' => [
                "DELETE FROM order_line WHERE sku = 'SKU-024000' AND price_cents = 1",
                'VACUUM ANALYZE order_line',
                'CREATE INDEX order_line_sku ON order_line (sku)',
                'CREATE INDEX order_line_order ON order_line (order_id)',
            ],
            'rate' => 2.0, 'suffers' => 'GET /product/{}',
            'kind' => 'statement', 'pattern' => 'other\\.sku',
        ],
        'plan-flip' => [
            // Statistics of a moment in which nothing was cheaper; then all is as it was before.
            'begins' => [
                "UPDATE deal SET state = 'planned' WHERE state = 'running'",
                'ANALYZE deal',
                "UPDATE deal SET state = 'running' WHERE state = 'planned'",
            ],
            'ends' => ['VACUUM ANALYZE deal'],
            'rate' => 1.5, 'suffers' => 'GET /deals',
            'kind' => 'statement', 'pattern' => 'max\\(d\\.percent',
        ],
        'cpu-function' => [
            'deploys' => true, 'rate' => 2.0, 'suffers' => 'GET /product/{}',
            'kind' => 'function', 'pattern' => '^Shop\\\\Recommend::distance$',
        ],
        'regex-backtracking' => [
            'deploys' => true, 'rate' => 2.0, 'suffers' => 'GET /',
            'kind' => 'function', 'pattern' => '^preg_match$',
        ],
        'memory-hog' => [
            'deploys' => true, 'rate' => 2.0, 'suffers' => 'GET /deals',
            'kind' => 'function', 'pattern' => '^Shop\\\\Filters::countsOfGroup$',
        ],
        'slow-outside-call' => [
            'deploys' => true, 'rate' => 2.0, 'suffers' => 'GET /product/{}',
            'kind' => 'function', 'pattern' => '^file_get_contents$',
        ],
        'crawler-burst' => [
            // As fast as it can, as greedy ones do: the shop's slowest page, again and again.
            'sends' => [[0.0, 1 / 12, 'GET', self::ANY_SEARCH, 'crawler']],
            'suffers' => 'GET /search',
            'kind' => 'client|user_agent', 'pattern' => '^(127\\.0\\.0\\.9|GreedyBot.*)$',
        ],
        'cache-stampede' => [
            'expires' => true, 'rate' => 1.5, 'suffers' => 'GET /',
            'kind' => 'statement', 'pattern' => 'AS buyers FROM',
        ],
        'connection-exhaustion' => [
            'sends' => [[0.0, 0.0, 'POST', '/cron/sync', 'labcron0']],
            'suffers' => 'GET /', 'sign' => 'fails',
            'kind' => 'route|request', 'pattern' => '^POST /cron/sync$',
        ],
        'checkpoint-storm' => [
            // As on a server whose data matters, but with far too little room between two checkpoints.
            'prepares' => [
                'ALTER SYSTEM SET fsync = on', 'ALTER SYSTEM SET full_page_writes = on',
                'ALTER SYSTEM SET synchronous_commit = on', "ALTER SYSTEM SET max_wal_size = '48MB'",
                'SELECT pg_reload_conf()',
            ],
            'sends' => [
                [0.0, 0.0, 'POST', '/cron/rebuild', 'labcron0'], [0.2, 0.0, 'POST', '/cron/rebuild', 'labcron1'],
                [0.4, 0.0, 'POST', '/cron/rebuild', 'labcron2'], [0.6, 0.0, 'POST', '/cron/rebuild', 'labcron3'],
                [0.8, 0.0, 'POST', '/cron/rebuild', 'labcron4'], [1.0, 0.0, 'POST', '/cron/rebuild', 'labcron5'],
            ],
            'ends' => [
                'TRUNCATE sale', 'ALTER SYSTEM RESET fsync', 'ALTER SYSTEM RESET full_page_writes',
                'ALTER SYSTEM RESET synchronous_commit', 'ALTER SYSTEM RESET max_wal_size',
                'SELECT pg_reload_conf()',
            ],
            'suffers' => 'POST /cron/rebuild', 'sign' => 'long',
            'kind' => 'statement|route|request', 'pattern' => '^(POST /cron/rebuild$|INSERT INTO sale)',
        ],
        'ddl-queue' => [
            'sends' => [
                [0.0, 0.0, 'POST', '/cron/report', 'labcron0'],
                [2.0, 0.0, 'POST', '/cron/migrate', 'labcron1'],
            ],
            'suffers' => 'GET /', 'sign' => 'waits',
            'kind' => 'lock_holder', 'pattern' => '^POST /cron/report$',
        ],
        'autovacuum-ddl-queue' => [
            // So many transactions that a table's rows must be frozen, which is put off for nobody.
            'prepares' => [
                'ALTER TABLE stock SET (autovacuum_enabled = off)',
                'UPDATE stock SET qty = qty',
                'CREATE TEMPORARY TABLE passing (n integer)',
                'DO $$ BEGIN FOR i IN 1..100100 LOOP BEGIN INSERT INTO passing VALUES (i); '
                    . "RAISE EXCEPTION 'passed'; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$",
                'DROP TABLE passing',
            ],
            'begins' => [
                'ALTER TABLE stock SET (autovacuum_freeze_max_age = 100000, autovacuum_vacuum_cost_delay = 20, '
                    . 'autovacuum_vacuum_cost_limit = 1)',
                "ALTER SYSTEM SET autovacuum_naptime = '1s'",
                'SELECT pg_reload_conf()',
            ],
            'sends' => [[4.0, 0.0, 'POST', '/cron/migrate', 'labcron1']],
            'ends' => [
                'ALTER TABLE stock RESET (autovacuum_enabled, autovacuum_freeze_max_age, '
                    . 'autovacuum_vacuum_cost_delay, autovacuum_vacuum_cost_limit)',
                'ALTER SYSTEM RESET autovacuum_naptime',
                'SELECT pg_reload_conf()',
            ],
            'suffers' => 'GET /', 'sign' => 'waits',
            'kind' => 'lock_holder', 'pattern' => 'autovacuum: VACUUM',
        ],
        'session-lock' => [
            'sends' => [
                [0.0, 0.0, 'GET', '/account/invoices', 'labowner'],
                [1.0, 0.8, 'GET', '/account', 'labowner'],
            ],
            'suffers' => 'GET /account',
            'kind' => 'function|route|request', 'pattern' => '^(session_start|GET /account/invoices)$',
        ],
        'deploy-opcache' => [
            'touches' => true, 'rate' => 2.0, 'suffers' => 'GET /',
            'kind' => 'function', 'pattern' => '^Shop\\\\Messages::load$',
        ],
        'quiet' => [],
    ];

    /**
     * @return array<int, string>
     */
    public static function names(): array
    {
        return array_keys(self::ALL);
    }

    /**
     * @return array<string, mixed> with what is usual where the fault says nothing
     */
    public static function named(string $name): array
    {
        if (!isset(self::ALL[$name])) {
            $known = implode(', ', self::names());
            throw new \InvalidArgumentException('--spike: ' . $known . ' are allowed, got "' . $name . '"');
        }

        return self::ALL[$name] + self::USUAL;
    }
}
