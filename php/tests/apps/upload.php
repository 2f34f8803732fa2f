<?php

// Says what arrived, without holding it.
require __DIR__ . '/begin.php';

$bytes = 0;
$input = fopen('php://input', 'rb');
while (!feof($input)) {
    $bytes += strlen((string) fread($input, 1 << 20));
}
echo json_encode([$bytes, count($_POST), array_map(static function (array $file): array {
    return [$file['name'], $file['size'], $file['error']];
}, $_FILES)], JSON_INVALID_UTF8_SUBSTITUTE), "\n";
