<?php

declare(strict_types=1);

namespace Bitville;

/**
 * The ways of a record out of the request, one after the other until one of them takes it:
 *
 * 1. the collector's unix socket, which acknowledges;
 * 2. a datagram to its UDP port, if the whole record fits into one;
 * 3. the spool folder;
 * 4. a datagram without the record's large parts.
 *
 * The first may wait, so it has to leave a part of the time to the others, which don't. A frame of
 * which it is not known whether the collector has it goes the next way as well: it is stored once,
 * by its event id.
 *
 * @internal
 */
final class Handover
{
    /** The share of the budget that the socket leaves to the others. */
    private const REST = 5;

    private Settings $settings;

    private Breaker $breaker;

    private Clock $clock;

    public function __construct(Settings $settings, Breaker $breaker, Clock $clock)
    {
        $this->settings = $settings;
        $this->breaker = $breaker;
        $this->clock = $clock;
    }

    /**
     * @param string             $frame  the whole record
     * @param callable(): string $lean   makes the frame without the large parts
     * @param string             $random 8 bytes
     *
     * @return string `acked`, `refused`, or `sent`, `spooled` or `sent_lean` and why it was not acknowledged
     *
     * @throws Skipped when nobody took it
     */
    public function send(string $frame, callable $lean, string $random, Deadline $deadline): string
    {
        $nowUs = $this->clock->wallUs();
        if ($this->breaker->isOpen($nowUs)) {
            return $this->sendWithoutAnswer('breaker', $frame, $lean, $random, $deadline);
        }
        try {
            $patience = $deadline->before(\intdiv($this->settings->budgetUs, self::REST));
            $outcome = UnixSocket::send($this->settings->socket, $frame, $patience);
            $this->breaker->note(true, $nowUs);
            return $outcome;
        } catch (Skipped $skipped) {
            $this->breaker->note(false, $this->clock->wallUs());
            return $this->sendWithoutAnswer($skipped->getMessage(), $frame, $lean, $random, $deadline);
        }
    }

    /** @throws Skipped */
    private function sendWithoutAnswer(
        string $why,
        string $frame,
        callable $lean,
        string $random,
        Deadline $deadline
    ): string {
        if ($deadline->remainingUs() === 0) {
            throw new Skipped($why);
        }
        $udp = $this->settings->udpRecords ? $this->settings->udp : '';
        if ($udp !== '' && Datagram::deliver($udp, $frame)) {
            return 'sent:' . $why;
        }
        if ($this->settings->spoolDir !== '') {
            $fits = \strlen($frame) <= Spool::FRAME_BYTES_MAX;
            $spooled = $fits ? $frame : $lean();
            if (Spool::put($this->settings->spoolDir, $this->settings->spoolBytesMax, $spooled, $random)) {
                return ($fits ? 'spooled:' : 'spooled_lean:') . $why;
            }
        }
        if ($udp !== '' && \strlen($frame) > Datagram::BYTES_MAX && Datagram::deliver($udp, $lean())) {
            return 'sent_lean:' . $why;
        }
        throw new Skipped($why);
    }
}
