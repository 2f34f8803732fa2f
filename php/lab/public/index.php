<?php
/**
 * The front controller of the demo shop. Its first line is all that an application does for
 * Bitville; without the file the shop works the same.
 */

declare(strict_types=1);

if (is_file(__DIR__ . '/../../listener.php')) {
    require __DIR__ . '/../../listener.php';
}
require __DIR__ . '/../autoload.php';

(new Shop\Application())->handle(Shop\Request::fromGlobals())->send();
