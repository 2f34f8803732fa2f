<?php

declare(strict_types=1);

namespace Bitville\Check;

use Bitville\Breaker;
use Bitville\Clock;
use Bitville\Human;
use Bitville\Parts;
use Bitville\Profiler;
use Bitville\Settings;
use Bitville\SettingsReader;
use Bitville\Spool;
use Bitville\SystemClock;
use Bitville\Trigger;

/**
 * Looks at everything that the listener depends upon, in the order in which a request meets it. Changes
 * nothing: what can be connected to is connected to, and nothing is sent.
 */
final class Check
{
    private const CONNECT_TIMEOUT_S = 1.0;

    private string $path;
    private Findings $findings;
    private Settings $settings;
    private Clock $clock;

    public function __construct(string $path, Findings $findings)
    {
        $this->path = $path;
        $this->findings = $findings;
        $this->settings = new Settings();
        $this->clock = new SystemClock();
    }

    public function run(): void
    {
        if ($this->checkSettings()) {
            $this->checkPhp();
            $this->checkProfiler();
            $this->checkSocket();
            $this->checkUdp();
            $this->checkSpool();
            $this->checkBreaker();
            $this->checkTrigger();
        }
    }

    private function checkSettings(): bool
    {
        $this->findings->about('settings: ' . $this->path);
        if (!\is_file($this->path) || !\is_readable($this->path)) {
            $remedy = 'make it, readable for the user of PHP; the template is config/settings.ini';
            $this->findings->problem('it is missing or can\'t be read by ' . self::user(), $remedy);
            return false;
        }
        \set_error_handler(static function (): bool {
            return true;
        });
        $sections = Settings::sections($this->path);
        \restore_error_handler();
        if ($sections === []) {
            $this->findings->problem('it is no INI file, or empty', 'compare it with the template config/settings.ini');
            return false;
        }
        [$this->settings, $mistakes] = SettingsReader::judge($sections);
        foreach ($mistakes as $key => $mistake) {
            $this->findings->problem($key . ': ' . $mistake, 'correct it; until then its feature is off');
        }
        $name = 'project "' . $this->settings->project . '", host "' . $this->settings->host . '"';
        if ($this->settings->enabled) {
            $this->findings->ok($name . ', requests over ' . Human::text('duration', $this->settings->thresholdUs));
        } elseif ($mistakes === []) {
            $this->findings->note($name . '; enabled = off, so nothing is captured');
        } else {
            $this->findings->problem($name . '; nothing is captured', 'name, enabled, threshold, socket and budget must be right');
        }
        return true;
    }

    private function checkPhp(): void
    {
        $this->findings->about('PHP ' . \PHP_VERSION . ' (' . \PHP_SAPI . ', as ' . self::user() . ')');
        $this->findings->note('this PHP is judged; FPM may load other extensions: compare with php-fpm -m');
        if (self::user() === 'root') {
            $this->findings->note('root may do what the user of PHP may not: runuser -u www-data -- php check.php');
        }
        if (\in_array(\PHP_SAPI, ['cli', 'phpdbg'], true)) {
            $state = $this->settings->cli ? 'captured' : 'not captured: cli = off';
            $this->findings->note('scripts of the command line are ' . $state);
        }
        if (!\extension_loaded('Zend OPcache')) {
            $this->findings->problem('opcache is not loaded: each request compiles the listener', 'install and enable it');
        } elseif (\PHP_SAPI !== 'cli' && Parts::areCompiledEachTime()) {
            $this->findings->problem('opcache is loaded and off', 'opcache.enable = 1 in php.ini');
        } else {
            $this->findings->ok('opcache is loaded');
        }
        if (\extension_loaded('apcu')) {
            $this->findings->ok('APCu keeps the settings and the breaker for all workers');
        } else {
            $this->findings->note('APCu is not loaded: each request reads the settings file (some 50 microseconds)');
        }
    }

    private function checkProfiler(): void
    {
        $wanted = $this->settings->profile;
        $this->findings->about('function profile: profile = ' . $wanted);
        if ($wanted === 'off') {
            $this->findings->note('no functions are measured');
            return;
        }
        foreach (Profiler::HOOKING_EXTENSIONS as $extension) {
            if (\extension_loaded($extension)) {
                $remedy = 'unload ' . $extension . ' where requests are served; two of a kind crash workers';
                $this->findings->problem('nothing is measured beside ' . $extension, $remedy);
                return;
            }
        }
        $engine = Profiler::pick($wanted);
        if ($engine === null) {
            $remedy = 'install one (Debian: php-excimer or php-tideways), or set profile = off';
            $this->findings->problem('none of its extensions is loaded, or it measures wrongly on this PHP', $remedy);
            return;
        }
        $this->findings->ok($engine . ' ' . \phpversion($engine) . ' measures');
        if ($engine === 'xhprof' || $engine === 'tideways_xhprof') {
            $this->findings->note('to have it loaded costs every request some percent; excimer does not');
        }
    }

    private function checkSocket(): void
    {
        $path = $this->settings->socket;
        $this->findings->about('collector: socket ' . $path);
        if (!\file_exists($path)) {
            $this->findings->problem('it is not there', 'is bitville-collector running, with the same socket in [collector]?');
            return;
        }
        $socket = @\stream_socket_client('unix://' . $path, $code, $message, self::CONNECT_TIMEOUT_S);
        if ($socket === false) {
            $remedy = 'as the user of PHP: is it in the collector\'s socket_group? is bitville-collector alive?';
            $this->findings->problem('it can\'t be connected to: ' . $message, $remedy);
            return;
        }
        \fclose($socket);
        $this->findings->ok('it accepts connections');
    }

    private function checkUdp(): void
    {
        $udp = $this->settings->udp;
        $this->findings->about('collector: UDP ' . ($udp === '' ? '(off)' : $udp));
        if ($udp === '') {
            $this->findings->note('no numbers of fast requests, and no second way for records');
            return;
        }
        $socket = @\stream_socket_client('udp://' . $udp, $code, $message, self::CONNECT_TIMEOUT_S);
        // The answer to the first comes with the second; nobody minds an empty datagram.
        $isHeard = $socket !== false && \stream_socket_sendto($socket, '') === 0
            && @\stream_socket_sendto($socket, '') === 0;
        if ($isHeard) {
            $this->findings->ok('somebody listens (or is too far away to tell)');
        } else {
            $this->findings->problem('nobody listens', 'is udp in [collector] the same, and bitville-collector running?');
        }
    }

    private function checkSpool(): void
    {
        $dir = $this->settings->spoolDir;
        $this->findings->about('spool: ' . ($dir === '' ? '(off)' : $dir));
        if ($dir === '') {
            $this->findings->note('what the collector can\'t take at once is dropped');
            return;
        }
        if (!\is_dir($dir) || !\is_writable($dir)) {
            $remedy = 'bitville-collector makes it for its socket_group; the user of PHP must be in that';
            $this->findings->problem('it is missing, or not writable for ' . self::user(), $remedy);
            return;
        }
        if ((\fileperms($dir) & 0002) !== 0) {
            $this->findings->problem('everybody may write into it', 'chmod o-rwx ' . $dir);
        }
        $places = \intdiv($this->settings->spoolBytesMax, Spool::FRAME_BYTES_MAX);
        $waiting = \count(\glob($dir . '/*.frame') ?: []);
        $finding = $waiting . ' of ' . $places . ' places are taken';
        if ($waiting * 2 > $places) {
            $this->findings->problem($finding, 'does bitville-collector read it (spool_dir in [collector])?');
        } else {
            $this->findings->ok($finding);
        }
    }

    private function checkBreaker(): void
    {
        $breaker = new Breaker($this->settings);
        $place = $breaker->place();
        $this->findings->about('breaker: ' . ($place ?? '(none)'));
        if ($place === null) {
            $this->findings->note('with neither APCu nor a spool folder each request finds out for itself');
        } elseif ($breaker->isOpen($this->clock->wallUs())) {
            $remedy = 'it closes by itself when the collector takes records again';
            $this->findings->problem('it is open: nothing is profiled', $remedy);
        } else {
            $where = $place === 'apcu' ? ' here; the workers of FPM have their own' : '';
            $this->findings->ok('it is closed' . $where);
        }
    }

    private function checkTrigger(): void
    {
        $file = $this->settings->triggerKeyFile;
        $this->findings->about('trigger: ' . ($file === '' ? '(off)' : $file));
        if ($file === '') {
            $this->findings->note('no request can be captured on demand');
        } elseif (Trigger::make($this->settings, $this->clock->wallUs(), 1000000) === null) {
            $remedy = 'its first line must have 16 bytes or more, and not everybody may read it: mode 0640';
            $this->findings->problem('it holds no key that can be used by ' . self::user(), $remedy);
        } else {
            $this->findings->ok('its key signs; php check.php trigger 10m makes a header');
        }
    }

    private static function user(): string
    {
        if (!\function_exists('posix_geteuid')) {
            return 'the user of this PHP';
        }
        $user = \posix_getpwuid(\posix_geteuid());
        return $user === false ? 'user ' . \posix_geteuid() : $user['name'];
    }
}
