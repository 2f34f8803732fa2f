<?php
/**
 * Stand-in for the exception of Phalcon's database component.
 */

declare(strict_types=1);

namespace Phalcon\Db;

class Exception extends \Exception
{
}
