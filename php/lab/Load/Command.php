<?php
/**
 * The command line of the load driver: reads the options, runs the driver, prints what happened.
 */

declare(strict_types=1);

namespace Load;

final class Command
{
    private const OPTIONS = ['url', 'baseline-s', 'spike', 'spike-s', 'after-s', 'seed'];
    private const USAGE = 'usage: load.php --url URL --spike NAME --baseline-s N --spike-s N --after-s N [--seed N]';

    /**
     * @param array<int, string> $arguments
     */
    public static function run(array $arguments): int
    {
        try {
            $options = self::options($arguments);
            $address = self::address($options['url'] ?? '');
            $baseline = self::seconds($options, 'baseline-s');
            $during = self::seconds($options, 'spike-s');
            $after = self::seconds($options, 'after-s');
            $spike = Spike::named($options['spike'] ?? '');
        } catch (\InvalidArgumentException $wrong) {
            fwrite(STDERR, $wrong->getMessage() . "\n" . self::USAGE . "\n");

            return 64;
        }
        // The same customers come in every run.
        mt_srand((int) ($options['seed'] ?? 7919));
        $tally = new Tally();
        $database = LockWatch::connect();
        $driver = new Driver($address, $tally, new LockWatch($database), $database);
        $driver->spike($spike, $baseline, $during, $after);
        foreach (['culprit_kind' => $spike->kind, 'culprit_pattern' => $spike->pattern] + $tally->facts() as $name => $value) {
            echo $name, '=', $value, "\n";
        }

        return $spike->showed($tally) ? 0 : 1;
    }

    /**
     * @param array<int, string> $arguments
     * @return array<string, string>
     */
    private static function options(array $arguments): array
    {
        $options = [];
        for ($i = 0; $i < count($arguments); $i += 2) {
            $name = substr($arguments[$i], 2);
            if (strncmp($arguments[$i], '--', 2) !== 0 || !in_array($name, self::OPTIONS, true)) {
                throw new \InvalidArgumentException('unknown option ' . $arguments[$i]);
            }
            if (!isset($arguments[$i + 1])) {
                throw new \InvalidArgumentException('a value is missing after ' . $arguments[$i]);
            }
            $options[$name] = $arguments[$i + 1];
        }

        return $options;
    }

    private static function address(string $url): string
    {
        if (preg_match('#^http://([0-9.]+:[0-9]{1,5})/?$#', $url, $matches) !== 1) {
            throw new \InvalidArgumentException('--url: http://ADDRESS:PORT is allowed, got "' . $url . '"');
        }

        return $matches[1];
    }

    /**
     * @param array<string, string> $options
     */
    private static function seconds(array $options, string $name): int
    {
        $value = $options[$name] ?? '';
        $seconds = filter_var($value, FILTER_VALIDATE_INT, ['options' => ['min_range' => 1, 'max_range' => 86400]]);
        if ($seconds === false) {
            throw new \InvalidArgumentException('--' . $name . ': 1 to 86400 is allowed, got "' . $value . '"');
        }

        return $seconds;
    }
}
