<?php

// What an application's first line does, if it was told of a listener.
if ((string) getenv('LISTENER') !== '') {
    include getenv('LISTENER');
}
