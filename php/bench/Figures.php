<?php

declare(strict_types=1);

namespace Bitville\Bench;

/**
 * Prints what was measured, a line each with tabs between:
 *
 *     name value unit reference reference_value ratio goal met spread runs
 *
 * `scripts/bench` makes a table or JSON of them. A goal is `<=1.010` and the like, of the ratio, or of
 * the value where there is nothing to compare with.
 */
final class Figures
{
    /** @param list<float> $samples of the ratio, or of the value; its quartiles are the spread */
    public static function print(
        string $name,
        float $value,
        string $unit,
        string $reference,
        ?float $referenceValue,
        ?float $ratio,
        string $goal,
        array $samples
    ): void {
        $met = '';
        if (\preg_match('/^(<=|>=)([0-9.]+)$/', $goal, $part) === 1) {
            $judged = $ratio ?? $value;
            $met = ($part[1] === '<=' ? $judged <= (float) $part[2] : $judged >= (float) $part[2]) ? 'yes' : 'no';
        }
        $spread = $samples === [] ? '' : self::number(self::quantile($samples, 0.25)) . '..' . self::number(self::quantile($samples, 0.75));
        $fields = [
            $name, self::number($value), $unit, $reference,
            $referenceValue === null ? '' : self::number($referenceValue),
            $ratio === null ? '' : self::number($ratio), $goal, $met, $spread, (string) \count($samples),
        ];
        echo \implode("\t", $fields), "\n";
    }

    /** @param list<float|int> $samples */
    public static function quantile(array $samples, float $share): float
    {
        \sort($samples);
        return (float) $samples[(int) \min(\count($samples) - 1, \floor(\count($samples) * $share))];
    }

    private static function number(float $number): string
    {
        return \abs($number) >= 100 ? \sprintf('%.0f', $number) : \sprintf('%.4g', $number);
    }
}
