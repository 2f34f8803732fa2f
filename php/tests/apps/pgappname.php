<?php

// What libpq would find when it connects.
require __DIR__ . '/begin.php';

echo getenv('PGAPPNAME') ?: 'none';
