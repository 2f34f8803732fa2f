<?php

declare(strict_types=1);

/**
 * Loads the listener's classes the way an application does, but with no settings file, so that
 * nothing runs: what is tested in this process is made by the tests themselves, and what needs a
 * whole request runs in a process of its own ({@see Bitville\Tests\App}).
 */

define('BITVILLE_SETTINGS', __DIR__ . '/no-such-settings.ini');

require dirname(__DIR__) . '/listener.php';
Bitville\Parts::load(Bitville\Parts::all());
require __DIR__ . '/Phalcon/Manager.php';
require __DIR__ . '/Phalcon/Connection.php';
require __DIR__ . '/Shop/Cart.php';
foreach (['FakeClock', 'FakePdo', 'Given', 'App', 'Cluster', 'Peer', 'Udp', 'Conditions', 'WebServer', 'FastCgi', 'Fpm'] as $helper) {
    require __DIR__ . '/' . $helper . '.php';
}
