<?php

// Includes the listener again, once by another path, and calls all that may be called.
require __DIR__ . '/begin.php';
require __DIR__ . '/begin.php';

if ((string) getenv('LISTENER') !== '') {
    include dirname((string) getenv('LISTENER')) . '/tests/../listener.php';
}
if (class_exists('Bitville\Listener', false)) {
    Bitville\Listener::route('/twice/{id}', 'TwiceController::showAction');
    Bitville\Listener::attach(new stdClass());
    Bitville\Listener::attach(null);
}
echo "done\n";
