<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The files of the listener, in groups by when they are needed: a fast request, which is nearly every
 * request, loads few of them.
 *
 * Without opcache each file has to be compiled, which takes memory that a request that ends for want
 * of memory no longer has. There all of them are loaded at once.
 *
 * @internal
 */
final class Parts
{
    /** In each group in the order in which a request passes through them. */
    public const ALWAYS = [
        'Listener', 'Silence', 'Clock', 'SystemClock', 'Settings', 'Uuid', 'Profiler', 'Queries', 'Capture',
    ];

    /** To read the settings, unless APCu has them. */
    public const SETTINGS = ['Human', 'Network', 'SettingsReader'];

    /** Where functions are to be profiled. */
    public const PROFILE = ['Breaker'];

    /** When a header asks for something. */
    public const INBOUND = ['Network', 'Trigger'];

    public const XHPROF = ['Engine', 'XhprofEngine'];
    public const EXCIMER = ['Engine', 'ExcimerEngine', 'Stacks', 'Memory'];

    /** When the application has something to watch. */
    public const SQL = [
        'Backends', 'PhalconServices', 'PhalconEvents', 'Query', 'Statement', 'Caller',
    ];
    public const PDO = [
        'Backends', 'TracedPdo', 'TracedStatement', 'StatementWatch', 'Query', 'Statement', 'Caller',
    ];

    /** When statements are many, or somebody wants to read them. */
    public const LIST = ['QueryList', 'Statement', 'Binds', 'Redactor'];

    /** For the datagram at each request's end. */
    public const STATS = ['Stats', 'Usage', 'Frame', 'Datagram'];

    /** When the record is in nobody's hands. */
    public const LOST = ['Lost', 'Statement', 'Memory'];

    /** For a request that is captured. */
    public const CAPTURE = [
        'Report', 'Deadline', 'Skipped', 'Usage', 'Memory', 'CallPairs', 'Statement', 'Request', 'PhalconServices',
        'Network', 'Queue', 'Route', 'Redactor', 'Runtime', 'Record', 'Frame', 'Handover', 'Breaker', 'UnixSocket',
        'Datagram', 'Spool', 'Trace',
    ];

    /**
     * @param list<string> $files
     *
     * @return bool whether all of them are there
     */
    public static function load(array $files): bool
    {
        foreach ($files as $file) {
            if ((include_once __DIR__ . '/' . $file . '.php') === false) {
                return false;
            }
        }
        return true;
    }

    /** Whether to compile a file costs what is too much at a request's end. */
    public static function areCompiledEachTime(): bool
    {
        $switch = \in_array(\PHP_SAPI, ['cli', 'phpdbg'], true) ? 'opcache.enable_cli' : 'opcache.enable';
        return !\filter_var(\ini_get($switch), \FILTER_VALIDATE_BOOLEAN);
    }

    /** @return list<string> */
    public static function all(): array
    {
        $groups = [
            self::ALWAYS, self::SETTINGS, self::PROFILE, self::INBOUND, self::XHPROF, self::EXCIMER, self::SQL,
            self::PDO, self::LIST, self::STATS, self::LOST, self::CAPTURE,
        ];
        return \array_values(\array_unique(\array_merge(...$groups)));
    }
}
