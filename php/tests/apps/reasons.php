<?php

// Answers as the query says: a status, an exception that is caught and told.
require __DIR__ . '/begin.php';

http_response_code((int) ($_GET['status'] ?? 200));
if (isset($_GET['throw'])) {
    try {
        throw new DomainException('no kettle for bob@example.com, password=hunter2');
    } catch (DomainException $exception) {
        if (class_exists('Bitville\Listener', false)) {
            Bitville\Listener::exception($exception);
        }
    }
}
echo "answered\n";
