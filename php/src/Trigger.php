<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Asks for a capture of one request, however fast: a header or a cookie that only the operator can make.
 *
 *     X-Bitville-Capture: <expires>.<signature>      expires: seconds since the Unix epoch
 *     Cookie: bitville_capture=<expires>.<signature>
 *
 * The signature is HMAC-SHA-256 in hex, over `bitville-capture`, the project and the expiry, one a
 * line. It holds for a day at most, so that one that leaked is soon worth nothing. The key is a
 * file's first line; a file that everybody may read holds no secret, so it is none.
 *
 *     php check.php trigger 10m      makes one
 *
 * @internal
 */
final class Trigger
{
    public const HEADER = 'HTTP_X_BITVILLE_CAPTURE';
    public const COOKIE = 'bitville_capture';

    private const KEY_BYTES_MIN = 16;
    private const KEY_BYTES_MAX = 4096;
    private const SECONDS_MAX = 86400;

    /** @param string $token as the header or the cookie has it */
    public static function isValid(Settings $settings, string $token, int $nowUs): bool
    {
        $key = self::key($settings->triggerKeyFile);
        if ($key === null || \preg_match('/^(\d{1,12})\.([0-9a-f]{64})$/D', $token, $part) !== 1) {
            return false;
        }
        $now = \intdiv($nowUs, 1000000);
        $expires = (int) $part[1];
        return $expires >= $now && $expires <= $now + self::SECONDS_MAX
            && \hash_equals(self::signature($settings->project, $expires, $key), $part[2]);
    }

    /** @return string|null null without a key that can be used, or for longer than a day */
    public static function make(Settings $settings, int $nowUs, int $forUs): ?string
    {
        $key = self::key($settings->triggerKeyFile);
        $expires = \intdiv($nowUs + $forUs, 1000000);
        if ($key === null || $forUs > self::SECONDS_MAX * 1000000) {
            return null;
        }
        return $expires . '.' . self::signature($settings->project, $expires, $key);
    }

    private static function signature(string $project, int $expires, string $key): string
    {
        return \hash_hmac('sha256', "bitville-capture\n" . $project . "\n" . $expires, $key);
    }

    private static function key(string $path): ?string
    {
        if ($path === '' || !\is_file($path) || (\fileperms($path) & 0007) !== 0) {
            return null;
        }
        $text = (string) \file_get_contents($path, false, null, 0, self::KEY_BYTES_MAX);
        $key = \trim(\explode("\n", $text, 2)[0]);
        return \strlen($key) >= self::KEY_BYTES_MIN ? $key : null;
    }
}
