<?php

declare(strict_types=1);

namespace Bitville;

/**
 * Who in the application asked for the statement that runs now.
 *
 * That is the first frame outside Phalcon, PDO and the listener. Walking the stack costs, so
 * {@see Queries} asks for few statements only, and the number of frames is bounded.
 *
 * @internal
 */
final class Caller
{
    /** Seven are the listener's own; models and query builders put up to ten behind them. */
    private const FRAMES_MAX = 20;

    /** The name's bound: that of the profiling extensions. */
    private const NAME_BYTES_MAX = 512;

    /** @return array{caller?: string, caller_at?: string} empty when all frames are the framework's */
    public static function find(): array
    {
        return self::among(\debug_backtrace(\DEBUG_BACKTRACE_IGNORE_ARGS, self::FRAMES_MAX), self::FRAMES_MAX);
    }

    /**
     * @param list<array<string, mixed>> $frames    as `debug_backtrace` gives them
     * @param int                        $framesMax how many it could have given
     *
     * @return array{caller?: string, caller_at?: string}
     */
    public static function among(array $frames, int $framesMax): array
    {
        // A frame's file and line say where it was called from: the place inside the frame behind it.
        $at = null;
        foreach ($frames as $frame) {
            $name = ($frame['class'] ?? '') . ($frame['type'] ?? '') . $frame['function'];
            if (!self::isFramework($name)) {
                return self::shape(\str_replace('->', '::', $name), $at);
            }
            $at = isset($frame['file']) ? $frame['file'] . ':' . ($frame['line'] ?? 0) : $at;
        }
        // The stack ended before the bound: a script's top level called, `main()` in a profile.
        return \count($frames) < $framesMax ? self::shape('main()', $at) : [];
    }

    private static function isFramework(string $name): bool
    {
        return \preg_match('/^(?:Phalcon\\\\|Bitville\\\\|PDO(?:Statement)?\b)/', $name) === 1;
    }

    /** @return array{caller: string, caller_at?: string} */
    private static function shape(string $name, ?string $at): array
    {
        $shape = ['caller' => \substr($name, 0, self::NAME_BYTES_MAX)];
        return $at === null ? $shape : $shape + ['caller_at' => $at];
    }
}
