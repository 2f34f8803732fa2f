<?php
/**
 * A listener that writes down which event came, and answers what it was told to answer.
 */

declare(strict_types=1);

namespace Lab\Tests;

final class Recorder
{
    /** @var array<int, string> */
    public $seen = [];
    /** @var mixed */
    public $answer;

    /**
     * @param mixed $answer
     */
    public function __construct($answer = null)
    {
        $this->answer = $answer;
    }

    /**
     * @return mixed
     */
    public function beforeQuery()
    {
        return $this->note(__FUNCTION__);
    }

    /**
     * @return mixed
     */
    public function afterQuery()
    {
        return $this->note(__FUNCTION__);
    }

    /**
     * @return mixed
     */
    public function beginTransaction()
    {
        return $this->note(__FUNCTION__);
    }

    /**
     * @return mixed
     */
    public function commitTransaction()
    {
        return $this->note(__FUNCTION__);
    }

    /**
     * @return mixed
     */
    public function rollbackTransaction()
    {
        return $this->note(__FUNCTION__);
    }

    /**
     * @return mixed
     */
    private function note(string $event)
    {
        $this->seen[] = $event;

        return $this->answer;
    }
}
