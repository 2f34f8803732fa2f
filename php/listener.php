<?php

declare(strict_types=1);

/**
 * The one file that an application includes, as early as it can:
 *
 *     $bitville = '/usr/share/bitville/php/listener.php';
 *     if (is_file($bitville)) { include $bitville; }
 *
 * It loads the classes that every request needs and starts watching; `Bitville\Listener` is what the
 * application may call from then on. It is a guest in another's process: it never throws, prints,
 * logs, waits or leaves an error behind. With a file missing (half a deployment) it does nothing.
 *
 * Plain PHP 7.4, which also runs on 8.x; no Composer, no autoloader.
 */

namespace Bitville;

if (\defined('Bitville\VERSION')) {
    return;
}

/** Also marks that this file was included, by whatever path. */
const VERSION = '0.1.0';

(static function (): void {
    $began_ns = \hrtime(true);
    // A failed include warns, and the application's own handler may turn a warning into an
    // exception. A handler of our own that calls everything handled leaves no trace at all.
    \set_error_handler(static function (): bool {
        return true;
    });
    try {
        if ((include_once __DIR__ . '/src/Parts.php') === false || !Parts::load(Parts::ALWAYS)) {
            return;
        }
        Listener::start($began_ns);
    } catch (\Throwable $swallowed) {
        // Nothing of ours is worth a broken request.
    } finally {
        \restore_error_handler();
    }
})();
