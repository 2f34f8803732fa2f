<?php

declare(strict_types=1);

/**
 * A collector for tests: `peer.php SOCKET MANNER`. Says "ready" when it listens, then checks each
 * frame and prints its record as one line. Its manners are those of {@see Bitville\Tests\Peer}.
 */

[, $path, $manner] = $argv;
$server = stream_socket_server('unix://' . $path, $code, $message);
if ($server === false) {
    exit(1);
}
echo "ready\n";

/** @param resource $connection */
function take($connection, int $length): ?string
{
    $bytes = '';
    while (strlen($bytes) < $length) {
        $part = fread($connection, $length - strlen($bytes));
        if ($part === false || $part === '') {
            return null;
        }
        $bytes .= $part;
    }
    return $bytes;
}

$answers = ['acks' => "\x06", 'refuses' => "\x15", 'babbles' => 'HTTP/1.1 400 Bad Request'];
$held = [];
while (true) {
    $connection = stream_socket_accept($server, -1);
    if ($manner === 'hangs-up') {
        fclose($connection);
        continue;
    }
    // Kept open: an end of stream would be an answer.
    $held[] = $connection;
    if ($manner === 'never-reads') {
        continue;
    }
    while ($manner === 'reads-a-byte-a-second' && strlen((string) fread($connection, 1)) === 1) {
        sleep(1);
    }
    $bytes = take($connection, 12);
    if ($bytes === null) {
        // Somebody who only looked whether anybody is there.
        continue;
    }
    $header = unpack('Nlength/Cversion/Cflags/nreserved/Nchecksum', $bytes);
    $body = take($connection, $header['length']);
    $isRight = [$header['version'], $header['flags'], $header['reserved']] === [1, 1, 0]
        && $body !== null && crc32($body) === $header['checksum'];
    echo $isRight ? $body : '"a broken frame"', "\n";
    if (isset($answers[$manner])) {
        fwrite($connection, $answers[$manner]);
    }
}
