<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Counts hand-overs that failed in a row, for all workers together. From `breaker_failures` on it is
 * open for `breaker_cooldown`: requests are not profiled, and the collector is not asked. Then the
 * next failure opens it again at once, and the next success closes it.
 *
 * The state is in APCu where that is there. Elsewhere it is a file in the spool folder, in which the
 * size is the number of failures and the time that of the last: one look tells both, and each
 * failure appends one byte, which needs no lock. With neither there is no breaker.
 *
 * @internal
 */
final class Breaker
{
    private const KEY = 'bitville:breaker:';

    /** Failures are forgotten after this time anyway. */
    private const KEPT_S = 86400;

    private Settings $settings;

    private bool $isInApcu;

    public function __construct(Settings $settings)
    {
        $this->settings = $settings;
        $this->isInApcu = \function_exists('apcu_enabled') && \apcu_enabled();
    }

    public function isOpen(int $nowUs): bool
    {
        [$failures, $lastUs] = $this->state();
        return $failures >= $this->settings->breakerFailures
            && $nowUs >= $lastUs && $nowUs - $lastUs < $this->settings->breakerCooldownUs;
    }

    public function note(bool $isAccepted, int $nowUs): void
    {
        if ($this->isInApcu) {
            $this->noteInApcu($isAccepted, $nowUs);
            return;
        }
        $file = $this->file();
        if ($isAccepted && \is_file($file)) {
            \unlink($file);
        } elseif (!$isAccepted && \is_dir(\dirname($file)) && $this->state()[0] < 1 << 20) {
            \file_put_contents($file, '!', \FILE_APPEND);
        }
    }

    /** Where the state is, for people: `apcu`, a path, or null. */
    public function place(): ?string
    {
        if ($this->isInApcu) {
            return 'apcu';
        }
        return $this->settings->spoolDir === '' ? null : $this->file();
    }

    private function noteInApcu(bool $isAccepted, int $nowUs): void
    {
        $key = self::KEY . $this->settings->socket;
        $state = \apcu_fetch($key);
        if ($isAccepted) {
            if ($state !== false) {
                \apcu_delete($key);
            }
            return;
        }
        // Two workers that fail at the same moment may count as one: then it opens one failure later.
        \apcu_store($key, [(int) ($state[0] ?? 0) + 1, $nowUs], self::KEPT_S);
    }

    /** @return array{0: int, 1: int} failures in a row, and when the last was */
    private function state(): array
    {
        if ($this->isInApcu) {
            $state = \apcu_fetch(self::KEY . $this->settings->socket);
            return \is_array($state) ? [(int) $state[0], (int) $state[1]] : [0, 0];
        }
        $file = $this->file();
        if ($this->settings->spoolDir === '' || !\is_file($file)) {
            return [0, 0];
        }
        return [(int) \filesize($file), (int) \filemtime($file) * 1000000];
    }

    private function file(): string
    {
        return $this->settings->spoolDir . '/breaker';
    }
}
