<?php
/**
 * Finds the classes of the demo shop, of its Phalcon stand-in and of its load driver: one file per
 * class, named after it. No Composer, because the lab must run from a clean clone.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $root = strstr($class, '\\', true);
    if (!in_array($root, ['Shop', 'Phalcon', 'Load'], true)) {
        return;
    }
    $file = __DIR__ . '/' . strtr($class, '\\', '/') . '.php';
    if (is_file($file)) {
        require $file;
    }
});
