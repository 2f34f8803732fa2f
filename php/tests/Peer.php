<?php

declare(strict_types=1);

namespace Bitville\Tests;

/**
 * A collector as the listener may meet it: `apps/peer.php` in a process of its own, behaving as told.
 */
final class Peer
{
    public const ACKS = 'acks';
    public const REFUSES = 'refuses';
    public const NEVER_READS = 'never-reads';
    public const NEVER_ANSWERS = 'never-answers';
    public const HANGS_UP = 'hangs-up';
    public const BABBLES = 'babbles';
    public const READS_A_BYTE_A_SECOND = 'reads-a-byte-a-second';

    /** Long for a machine that is busy with other tests; nothing waits that long when all is well. */
    private const PATIENCE_S = 30;

    public string $path;

    /** @var resource */
    private $process;

    /** @var resource */
    private $output;

    public function __construct(string $manner)
    {
        $this->path = Given::path();
        $command = \array_merge(App::php(), [__DIR__ . '/apps/peer.php', $this->path, $manner]);
        $streams = [0 => ['file', '/dev/null', 'r'], 1 => ['pipe', 'w'], 2 => \STDERR];
        $this->process = \proc_open($command, $streams, $pipes);
        $this->output = $pipes[1];
        Given::endsWithUs($this->process);
        if ($this->line() !== 'ready') {
            throw new \RuntimeException('the peer did not start');
        }
    }

    /** Stops the process where it is, as a debugger or a frozen container would. Its socket stays. */
    public function freeze(): void
    {
        \proc_terminate($this->process, 19);
        // Until the kernel says so it may still accept.
        while (!\proc_get_status($this->process)['stopped']) {
            \usleep(1000);
        }
    }

    public function __destruct()
    {
        \proc_terminate($this->process, 9);
        \fclose($this->output);
        \proc_close($this->process);
    }

    /** @return array<string, mixed> the next record that arrived */
    public function record(): array
    {
        return \json_decode($this->line(), true, 512, \JSON_THROW_ON_ERROR);
    }

    /** Passes over what has arrived: a peer whose words nobody takes stops in the end. */
    public function drain(): void
    {
        \stream_set_blocking($this->output, false);
        \stream_get_contents($this->output);
        \stream_set_blocking($this->output, true);
    }

    private function line(): string
    {
        $read = [$this->output];
        $none = [];
        if (\stream_select($read, $none, $none, self::PATIENCE_S) !== 1) {
            throw new \RuntimeException('nothing arrived');
        }
        return \rtrim((string) \fgets($this->output), "\n");
    }
}
