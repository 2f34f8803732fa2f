<?php

// Takes memory in small pieces until there is none, with output waiting in a buffer.
//
//     FUNCTIONS   how many it has called before
//     WATCHED     whether somebody looks every millisecond, also when it has ended, and takes memory for it
require __DIR__ . '/begin.php';

// Where the limit is met differs by what is loaded, and the message tells it.
ini_set('display_errors', '0');
ini_set('log_errors', '0');
for ($function = 0; $function < (int) getenv('FUNCTIONS'); $function++) {
    eval("function f$function() { return strrev(PHP_EOL) . ucfirst('a') . strtolower('B'); } f$function();");
}
if (getenv('WATCHED') !== false) {
    $watch = new ExcimerTimer();
    $watch->setEventType(EXCIMER_REAL);
    $watch->setPeriod(0.001);
    $watch->setCallback(static function (): void {
        str_repeat('x', 20000);
    });
    $watch->start();
}
ob_start();
echo "a page that waits in a buffer\n";
$pieces = [];
while (true) {
    $pieces[] = str_repeat('x', 1000) . count($pieces);
}
