<?php

declare(strict_types=1);

/**
 * For the operator: says what works of the listener on this machine and what doesn't, or makes the
 * header that asks for a capture.
 *
 *     php check.php [--settings FILE]                 exit code 0 when all is well, 1 when not
 *     php check.php [--settings FILE] trigger 10m     a header and a cookie, good for ten minutes
 *
 * It judges the PHP that runs it. PHP-FPM may load other extensions, so where the answer matters run
 * it there: with `cgi-fcgi`, or with `php -c` and the `php.ini` of FPM.
 */

use Bitville\Check\Check;
use Bitville\Check\Findings;
use Bitville\Human;
use Bitville\Parts;
use Bitville\Settings;
use Bitville\Trigger;

// The listener is to be looked at, not to run.
define('BITVILLE_SETTINGS', __DIR__ . '/check/none.ini');
require __DIR__ . '/listener.php';
Parts::load(Parts::all());
require __DIR__ . '/check/Findings.php';
require __DIR__ . '/check/Check.php';

(static function (array $arguments): void {
    $usage = "usage: php check.php [--settings FILE] [trigger DURATION]\n";
    $path = getenv('BITVILLE_SETTINGS') ?: '/etc/bitville/settings.ini';
    if (($arguments[0] ?? '') === '--settings' && isset($arguments[1])) {
        $path = $arguments[1];
        $arguments = array_slice($arguments, 2);
    }
    if ($arguments === []) {
        $findings = new Findings();
        (new Check($path, $findings))->run();
        echo $findings->text();
        exit($findings->problems() === 0 ? 0 : 1);
    }
    $forUs = count($arguments) === 2 && $arguments[0] === 'trigger' ? Human::durationUs($arguments[1]) : null;
    if ($forUs === null || $forUs < 1000000) {
        fwrite(STDERR, $usage . "  DURATION is 1s to 24h, as 10m\n");
        exit(64);
    }
    $settings = Bitville\SettingsReader::read(Settings::sections($path));
    $token = Trigger::make($settings, (int) (microtime(true) * 1e6), $forUs);
    if ($token === null) {
        fwrite(STDERR, "no trigger: it holds for 24h at most, and [php] trigger_key_file in $path must name a file\n"
            . "  with a first line of 16 bytes or more that not everybody can read; got \"{$settings->triggerKeyFile}\"\n");
        exit(1);
    }
    echo "X-Bitville-Capture: $token\nCookie: " . Trigger::COOKIE . "=$token\n";
})(array_slice($argv, 1));
