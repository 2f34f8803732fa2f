<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Human;
use Bitville\Settings;
use Bitville\Silence;
use PHPUnit\Framework\TestCase;

/**
 * The cases that the Rust half reads too: the same text must mean the same on both sides.
 */
final class HumanTest extends TestCase
{
    public function testDurationsMeanWhatTheyMeanInRust(): void
    {
        foreach (self::cases('duration_us') as $case) {
            self::assertSame($case['value'], Human::durationUs($case['text']), $case['text']);
        }
    }

    public function testSizesMeanWhatTheyMeanInRust(): void
    {
        foreach (self::cases('size_bytes') as $case) {
            self::assertSame($case['value'], Human::sizeBytes($case['text']), $case['text']);
        }
    }

    public function testTogglesMeanWhatTheyMeanInRust(): void
    {
        foreach (self::cases('boolean') as $case) {
            self::assertSame($case['value'], Human::toggle($case['text']), $case['text']);
        }
    }

    public function testAFileThatRustAcceptsHasTheSameValuesHere(): void
    {
        foreach (self::cases('ini') as $case) {
            if (isset($case['sections'])) {
                $sections = null;
                Silence::during(static function () use ($case, &$sections): void {
                    $sections = Settings::sections(Given::file($case['text']));
                });
                self::assertSame($case['sections'], $sections, $case['name']);
            }
        }
    }

    public function testACountIsANumberAlone(): void
    {
        self::assertSame(500, Human::count('500'));
        self::assertSame(0, Human::count('000'));
        foreach (['', '-1', '1.5', '5s', '99999999999999999999', ' 1'] as $text) {
            self::assertNull(Human::count($text), $text);
        }
    }

    /** @return list<array<string, mixed>> */
    private static function cases(string $kind): array
    {
        $cases = \json_decode((string) \file_get_contents(Given::testdata('settings_cases.json')), true);
        self::assertNotEmpty($cases[$kind]);
        return $cases[$kind];
    }
}
