<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Keeps secrets and personal data out of what is recorded.
 *
 * - By name: what is called `password`, `token`, `card`, `auth`, `pin` and the like has no value here.
 * - By look: tokens, private keys and card numbers are replaced wherever they stand in a text.
 * - A query's values are all replaced unless the site wants to see them (`query_values`): people
 *   search for themselves. Names stay, since they tell which code ran.
 *
 * @internal
 */
final class Redactor
{
    public const REDACTED = '[redacted]';

    private const VALUE_BYTES_MAX = 256;
    private const NAME_BYTES_MAX = 128;
    private const VARIABLES_MAX = 64;
    private const DEPTH_MAX = 4;

    /** Anywhere in a name, at its end, or as a word of it. */
    private const SECRET_NAMES = '/passw|passphrase|pwd|secret|token|session|sessid|credit|card|auth|cookie'
        . '|iban|cvv|cvc|credential|private|signature|bearer|key$'
        . '|(?:^|_)(?:pass|pin|otp|sid|ssn|tan|sig)(?:_|$)/';

    private const SECRET_TEXTS = [
        // Three parts in base64, the first of them beginning with {" : a JSON Web Token.
        '/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/',
        '/\b(?:bearer|basic)\s+[\w.~+\/=-]{8,}/i',
        '/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/s',
        '/\bgh[opsu]_[A-Za-z0-9]{20,}/',
        // A card's number, in one piece or in groups.
        '/\b\d(?:[ -]?\d){12,18}\b/',
        // A connection string, or an error message that quotes one.
        '/(?<=password=)[^\s;&\'"]+/i',
        // user:password@ in a URL.
        '/(?<=:\/\/)[^\s\/@]+(?=@)/',
    ];

    private bool $queryValues;

    public function __construct(bool $queryValues)
    {
        $this->queryValues = $queryValues;
    }

    /** Replaces what looks like a secret. A text that can't be searched is not shown. */
    public static function secrets(string $text): string
    {
        return \preg_replace(self::SECRET_TEXTS, self::REDACTED, $text) ?? self::REDACTED;
    }

    /** The names stay, in the order and spelling of the client. */
    public function url(string $url): string
    {
        $query = \strpos($url, '?');
        if ($query === false) {
            return self::secrets($url);
        }
        $pairs = \explode('&', \substr($url, $query + 1));
        foreach ($pairs as $index => $pair) {
            $equals = \strpos($pair, '=');
            if ($equals !== false) {
                $name = \substr($pair, 0, $equals);
                $value = \rawurldecode(\substr($pair, $equals + 1));
                $shown = $this->queryValues ? $this->value(\rawurldecode($name), $value) : self::REDACTED;
                $pairs[$index] = self::secrets($name) . '=' . $shown;
            } else {
                // No name, so it may be the value itself.
                $pairs[$index] = $this->queryValues || $pair === '' ? self::secrets($pair) : self::REDACTED;
            }
        }
        return self::secrets(\substr($url, 0, $query)) . '?' . \implode('&', $pairs);
    }

    /**
     * @param array<mixed> $variables `$_GET`
     *
     * @return array<string, string>
     */
    public function queryVariables(array $variables): array
    {
        $shown = $this->variables($variables);
        return $this->queryValues ? $shown : \array_fill_keys(\array_keys($shown), self::REDACTED);
    }

    /**
     * Nested ones become `address[city]`.
     *
     * @param array<mixed> $variables
     *
     * @return array<string, string>
     */
    public function variables(array $variables): array
    {
        $shown = [];
        $this->flatten($variables, '', 1, $shown);
        return $shown;
    }

    /**
     * @param array<mixed> $variables
     *
     * @return list<string>
     */
    public function names(array $variables): array
    {
        $names = [];
        foreach (\array_slice($variables, 0, self::VARIABLES_MAX, true) as $name => $value) {
            $names[] = self::secrets(\substr((string) $name, 0, self::NAME_BYTES_MAX));
        }
        return $names;
    }

    /**
     * @param array<mixed>          $variables
     * @param array<string, string> $shown
     */
    private function flatten(array $variables, string $prefix, int $depth, array &$shown): void
    {
        foreach ($variables as $name => $value) {
            if (\count($shown) >= self::VARIABLES_MAX) {
                return;
            }
            $name = \substr($prefix === '' ? (string) $name : $prefix . '[' . $name . ']', 0, self::NAME_BYTES_MAX);
            if (\is_array($value) && $depth < self::DEPTH_MAX) {
                $this->flatten($value, $name, $depth + 1, $shown);
            } else {
                $shown[self::secrets($name)] = $this->value($name, \is_scalar($value) ? (string) $value : '[array]');
            }
        }
    }

    private function value(string $name, string $value): string
    {
        return self::named($name, $value, self::VALUE_BYTES_MAX);
    }

    /** A value under a name, cut. */
    public static function named(string $name, string $value, int $bytesMax): string
    {
        // userPin is user_pin.
        $words = \strtolower(\preg_replace('/(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+/', '_', $name) ?? '');
        if (\preg_match(self::SECRET_NAMES, \trim($words, '_')) === 1) {
            return self::REDACTED;
        }
        return \substr(self::secrets(\substr($value, 0, 4 * $bytesMax)), 0, $bytesMax);
    }
}
