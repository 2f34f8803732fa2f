<?php

// Has handlers that throw on everything, and looks at what is left when all is over.
require __DIR__ . '/begin.php';

@trigger_error('an older error', E_USER_NOTICE);

set_error_handler(static function (int $level, string $message): bool {
    throw new ErrorException($message, 0, $level);
});
set_exception_handler(static function (Throwable $exception): void {
    echo 'handled: ', $exception->getMessage(), "\n";
});
register_shutdown_function(static function (): void {
    echo json_encode(error_get_last()), "\n";
    try {
        trigger_error('still mine');
    } catch (ErrorException $exception) {
        echo $exception->getMessage(), "\n";
    }
});
throw new DomainException('mine');
