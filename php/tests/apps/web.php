<?php

// Answers with what it was asked, and a status and header of its own.
require __DIR__ . '/begin.php';

http_response_code(201);
header('X-Shop: yes');
echo json_encode([$_GET, $_POST, $_COOKIE, $_SERVER['REQUEST_METHOD']], JSON_PARTIAL_OUTPUT_ON_ERROR), "\n";
