<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The PHP around a request, when it was slow: which version, whether opcache was full, and whether the
 * pool had workers left. Each of these is one call without a wait.
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
            'fpm' => self::fpm(),
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

    /** @return array<string, mixed>|null null where this is no worker of FPM's */
    private static function fpm(): ?array
    {
        $status = \function_exists('fpm_get_status') ? \fpm_get_status() : false;
        if (!\is_array($status)) {
            return null;
        }
        $pid = \getmypid();
        $requests = null;
        foreach ($status['procs'] ?? [] as $worker) {
            if (($worker['pid'] ?? null) === $pid) {
                $requests = $worker['requests'] ?? null;
            }
        }
        // Over kept FastCGI connections FPM counts a worker as active once per request.
        $areCounted = ($status['active-processes'] ?? 0) <= \count($status['procs'] ?? []);
        return [
            'pool' => $status['pool'] ?? null,
            'active' => $areCounted ? $status['active-processes'] ?? null : null,
            'idle' => $areCounted ? $status['idle-processes'] ?? null : null,
            'listen_queue' => $status['listen-queue'] ?? null,
            'max_children_reached' => $status['max-children-reached'] ?? null,
            'worker_requests' => $requests,
        ];
    }
}
