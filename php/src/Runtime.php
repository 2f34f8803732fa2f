<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The PHP around a request, when it was slow: which version, and whether opcache was full. That is one call
 * without a wait.
 *
 * @internal
 */
final class Runtime
{
    /** @return array<string, mixed> the protocol's `runtime` */
    public static function describe(): array
    {
        return [
            'php' => \PHP_VERSION,
            'opcache' => self::opcache(),
            // Not asked of FPM: `fpm_get_status()` crashes the worker that calls it while another one begins or
            // ends (php-src issues 18595 and 19974). The collector reads the status page, which does not.
            'fpm' => null,
        ];
    }

    /** @return array<string, mixed>|null null without it, or where the site hides it (`opcache.restrict_api`) */
    private static function opcache(): ?array
    {
        $status = \function_exists('opcache_get_status') ? \opcache_get_status(false) : false;
        if (!\is_array($status)) {
            return null;
        }
        $memory = $status['memory_usage'] ?? [];
        $statistics = $status['opcache_statistics'] ?? [];
        return [
            'full' => (bool) ($status['cache_full'] ?? false),
            'free_bytes' => $memory['free_memory'] ?? null,
            'wasted_bytes' => $memory['wasted_memory'] ?? null,
            'scripts' => $statistics['num_cached_scripts'] ?? null,
            'misses' => $statistics['misses'] ?? null,
            // Since the server was started: any of these emptied the cache.
            'restarts' => ($statistics['oom_restarts'] ?? 0) + ($statistics['hash_restarts'] ?? 0)
                + ($statistics['manual_restarts'] ?? 0),
        ];
    }
}
