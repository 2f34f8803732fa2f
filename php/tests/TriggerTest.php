<?php

declare(strict_types=1);

namespace Bitville\Tests;

use Bitville\Settings;
use Bitville\Trigger;
use PHPUnit\Framework\TestCase;

final class TriggerTest extends TestCase
{
    private const NOW_US = 1763892202000000;
    private const HOUR_US = 3600 * 1000000;

    public function testWhatIsMadeIsValidUntilItExpires(): void
    {
        $settings = self::settings();
        $token = (string) Trigger::make($settings, self::NOW_US, self::HOUR_US);

        self::assertTrue(Trigger::isValid($settings, $token, self::NOW_US));
        self::assertTrue(Trigger::isValid($settings, $token, self::NOW_US + self::HOUR_US));
        self::assertFalse(Trigger::isValid($settings, $token, self::NOW_US + self::HOUR_US + 1000000));
    }

    public function testTheSignatureIsTheDocumentedOne(): void
    {
        $token = Trigger::make(self::settings(), self::NOW_US, self::HOUR_US);
        $signature = \hash_hmac('sha256', "bitville-capture\nshop\n1763895802", 'a key of 20 bytes ..');

        self::assertSame('1763895802.' . $signature, $token);
    }

    public function testNothingElseIsValid(): void
    {
        $settings = self::settings();
        $token = (string) Trigger::make($settings, self::NOW_US, self::HOUR_US);
        $later = \preg_replace('/^\d+/', '1763895803', $token);
        foreach (['', '.', $token . '0', ' ' . $token, $token . "\n", \strtoupper($token), $later, "\xff\xfe"] as $other) {
            self::assertFalse(Trigger::isValid($settings, $other, self::NOW_US), $other);
        }
        $others = [self::settings('another key of 20 by'), self::settings(), self::settings()];
        $others[1]->project = 'shop2';
        $others[2]->triggerKeyFile = Given::path();
        foreach ($others as $other) {
            self::assertFalse(Trigger::isValid($other, $token, self::NOW_US));
        }
    }

    public function testNobodySignsForLongerThanADay(): void
    {
        $settings = self::settings();
        self::assertNull(Trigger::make($settings, self::NOW_US, 25 * self::HOUR_US));
        // Made with the key, but for longer than it may hold: as if its expiry were still far away.
        $token = (string) Trigger::make($settings, self::NOW_US, 24 * self::HOUR_US);
        self::assertFalse(Trigger::isValid($settings, $token, self::NOW_US - 2 * self::HOUR_US));
    }

    public function testAKeyThatEverybodyMayReadOrThatIsShortIsNone(): void
    {
        foreach (["a key of 20 bytes ..\n" => 0644, "too short\n" => 0600, '' => 0600, "\nsecond line of 20 .." => 0600] as $key => $mode) {
            $settings = self::settings($key, $mode);
            self::assertNull(Trigger::make($settings, self::NOW_US, self::HOUR_US), \json_encode($key));
        }
    }

    /**
     * @testWith ["HTTP_X_BITVILLE_CAPTURE", ""]
     *           ["HTTP_COOKIE", "bitville_capture="]
     */
    public function testAFastRequestIsCapturedWhenItCarriesOne(string $where, string $prefix): void
    {
        if (!Fpm::isPossible()) {
            self::markTestSkipped('no php-fpm: set BITVILLE_TEST_FPM to the command that starts one');
        }
        $fpm = new Fpm([]);
        $peer = new Peer(Peer::ACKS);
        $key = Given::file("a key of 20 bytes ..\n");
        \chmod($key, 0600);
        $settings = Given::settings(['trigger_key_file' => $key]);
        $trace = Given::path();
        $file = Given::settingsFile(['trigger_key_file' => $key, 'socket' => $peer->path, 'trace_file' => $trace]);
        $params = ['LISTENER' => \dirname(__DIR__) . '/listener.php', 'BITVILLE_SETTINGS' => $file];
        $script = __DIR__ . '/apps/web.php';
        $token = Trigger::make($settings, (int) (\microtime(true) * 1e6), self::HOUR_US);

        $fpm->request($script, $params + [$where => $prefix . 'forged.' . $token]);
        self::assertFileDoesNotExist($trace);
        $fpm->request($script, $params + [$where => $prefix . $token]);
        $body = $peer->record()['body'];
        self::assertSame('forced', $body['reason']);
        self::assertStringNotContainsString((string) $token, (string) \json_encode($body));
    }

    private static function settings(string $key = "a key of 20 bytes ..\n", int $mode = 0640): Settings
    {
        $file = Given::file($key);
        \chmod($file, $mode);
        return Given::settings(['trigger_key_file' => $file]);
    }
}
