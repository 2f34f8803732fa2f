<?php
/**
 * Stand-in for the exception of Phalcon's events component.
 */

declare(strict_types=1);

namespace Phalcon\Events;

class Exception extends \Exception
{
}
