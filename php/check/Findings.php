<?php

declare(strict_types=1);

namespace Bitville\Check;

/** What was found, for somebody who reads it in a hurry: problems stand out, and are counted at the end. */
final class Findings
{
    private string $text = '';

    private int $problems = 0;

    public function about(string $subject): void
    {
        $this->text .= ($this->text === '' ? '' : "\n") . $subject . "\n";
    }

    public function ok(string $finding): void
    {
        $this->text .= '  ok       ' . $finding . "\n";
    }

    /** Not wrong, but good to know. */
    public function note(string $finding): void
    {
        $this->text .= '  note     ' . $finding . "\n";
    }

    public function problem(string $finding, string $remedy): void
    {
        $this->problems++;
        $this->text .= '  PROBLEM  ' . $finding . "\n" . '           -> ' . $remedy . "\n";
    }

    public function problems(): int
    {
        return $this->problems;
    }

    public function text(): string
    {
        $count = ['all is well', '1 problem'][$this->problems] ?? $this->problems . ' problems';
        return $this->text . "\n" . $count . "\n";
    }
}
