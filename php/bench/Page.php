<?php

declare(strict_types=1);

namespace Bitville\Bench;

use Phalcon\Db\Adapter\Pdo\Postgresql;
use Phalcon\Events\Manager;

/**
 * What a catalogue page does: asks the database ten times, computes prices, escapes and joins text.
 */
final class Page
{
    private const ROWS = 10;
    private const LINES = 70;

    private Postgresql $database;

    public function __construct(string $host)
    {
        $this->database = new Postgresql(['host' => $host, 'dbname' => 'postgres', 'username' => 'postgres']);
        $manager = new Manager();
        // The stand-in fires its events in PHP, which Phalcon does in C. That they are fired is no cost
        // of ours here, so they are in every way of it.
        $manager->attach('db', new class {
            public function beforeQuery(): void
            {
            }

            public function afterQuery(): void
            {
            }
        });
        $this->database->setEventsManager($manager);
        if (\class_exists('Bitville\Listener', false)) {
            \Bitville\Listener::attach($this->database);
        }
    }

    public function render(): string
    {
        $lines = [];
        for ($row = 0; $row < self::ROWS; $row++) {
            $item = $this->item($row);
            for ($line = 0; $line < self::LINES; $line++) {
                $lines[] = $this->line($item, $line);
            }
        }
        return \substr(\implode("\n", $this->sorted($lines)), 0, 20000);
    }

    /** @return array<string, mixed> */
    private function item(int $row): array
    {
        $statements = [
            'SELECT $1::int AS id, \'kettle\' AS name, 1250 AS price',
            'SELECT $1::int AS id, \'lamp\' AS name, 4900 AS price, now() AS seen',
            'SELECT $1::int AS id, relname AS name, 700 AS price FROM pg_class ORDER BY oid LIMIT 1',
        ];
        $sql = \str_replace('$1', '?', $statements[$row % 3]);
        return $this->database->fetchOne($sql, \PDO::FETCH_ASSOC, [$row]);
    }

    /** @param array<string, mixed> $item */
    private function line(array $item, int $line): string
    {
        $price = $this->price((int) $item['price'], $line);
        return $this->tag('li', $this->escape($item['name'] . ' no. ' . $line) . ' ' . $this->money($price));
    }

    private function price(int $cents, int $line): int
    {
        $price = $cents;
        foreach ([19, 7, 3] as $percent) {
            $price += (int) \round($price * $percent / 100 / ($line + 1));
        }
        return $price;
    }

    private function money(int $cents): string
    {
        return \number_format($cents / 100, 2, ',', '.') . ' EUR';
    }

    private function escape(string $text): string
    {
        return \htmlspecialchars($text, \ENT_QUOTES, 'UTF-8');
    }

    private function tag(string $name, string $content): string
    {
        return '<' . $name . ' class="' . \strtolower($name) . '-' . \md5($content) . '">' . $content . '</' . $name . '>';
    }

    /**
     * @param list<string> $lines
     *
     * @return list<string>
     */
    private function sorted(array $lines): array
    {
        \usort($lines, static function (string $left, string $right): int {
            return \strcmp(\substr($left, 12, 8), \substr($right, 12, 8));
        });
        return $lines;
    }
}
