<?php
/**
 * Keeps what is dear to make in files, a day long. Nobody is told that somebody makes it already: all who
 * miss it make it, at the same time.
 */

declare(strict_types=1);

namespace Shop;

final class Cache
{
    private const KEPT_S = 86400;

    /**
     * @param callable(): array<int, mixed> $make
     * @return array<int, mixed> what was kept, or what was made now; without a folder nothing is kept
     */
    public static function remember(string $key, callable $make): array
    {
        $folder = (string) getenv('SHOP_CACHE_DIR');
        $file = $folder . '/' . $key . '.cache';
        if ($folder !== '' && is_file($file) && filemtime($file) > time() - self::KEPT_S) {
            $kept = unserialize((string) file_get_contents($file), ['allowed_classes' => false]);
            if (is_array($kept)) {
                return $kept;
            }
        }
        $made = $make();
        if ($folder !== '') {
            // Renamed when it is whole: somebody else may be reading.
            $part = $file . '.' . bin2hex(random_bytes(6));
            file_put_contents($part, serialize($made));
            rename($part, $file);
        }

        return $made;
    }
}
