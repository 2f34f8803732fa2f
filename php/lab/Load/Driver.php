<?php
/**
 * Sends the customers: they arrive by themselves, whether the shop is fast or not (an open model),
 * so that a slow shop gets a queue as it does in life. One process, one select loop.
 */

declare(strict_types=1);

namespace Load;

final class Driver
{
    /** Fewer than the FPM pool has children: the lab must stay usable, also by the agents. */
    private const OPEN_MAX = 36;
    private const BROWSERS_PER_S = 0.8;
    private const BUYERS_PER_S = 1.6;
    /** The load swells and ebbs: a tide of this period and height around the mean. */
    private const TIDE_S = 37.0;
    private const TIDE_SHARE = 0.5;
    private const TICK_S = 0.05;
    private const WATCH_EVERY_S = 1.0;
    private const REPORT_EVERY_S = 5.0;

    /** @var string */
    private $address;
    /** @var Tally */
    private $tally;
    /** @var LockWatch */
    private $watch;
    /** @var \PDO */
    private $database;
    /** @var float how many times the usual customers come */
    private $rate = 1.0;
    /** @var Spike|null while it is at work */
    private $spike;
    /** @var float since when, and up to when its requests are sent */
    private $spikeFrom = 0.0;
    /** @var float */
    private $spikeSentUntil = 0.0;
    /** @var array<int, Exchange> those of its requests that are sent once */
    private $faults = [];
    /** @var array<int, array{Exchange, Journey|null}> */
    private $open = [];
    /** @var array<int, array{float, string, string, string, Journey}> due time, request, whose it is */
    private $planned = [];
    /** @var float */
    private $startedAt;
    /** @var int sessions that wait for a lock, as last seen */
    private $waiting = 0;
    /** @var float */
    private $nextArrivalAt = 0.0;
    /** @var float */
    private $nextWatchAt = 0.0;
    /** @var float */
    private $nextReportAt = 0.0;

    public function __construct(string $address, Tally $tally, LockWatch $watch, \PDO $database)
    {
        $this->database = $database;
        $this->address = $address;
        $this->tally = $tally;
        $this->watch = $watch;
        $this->startedAt = microtime(true);
    }

    /**
     * Quiet load, the fault in its midst, and quiet load again, so that there is something to
     * compare the spike with.
     */
    public function spike(Spike $spike, int $baselineSeconds, int $spikeSeconds, int $afterSeconds): void
    {
        $this->rate = $spike->rate;
        $spike->prepare($this->database);
        $this->tally->mark('baseline_from', microtime(true));
        $this->runUntil('quiet before', microtime(true) + $baselineSeconds);
        $this->tally->mark('spike_from', microtime(true));
        $spike->begin($this->database);
        $this->spike = $spike;
        $this->spikeFrom = microtime(true);
        $this->spikeSentUntil = -INF;
        $this->runUntil($spike->name, $spike->isRequest() ? INF : $this->spikeFrom + $spikeSeconds);
        $this->spike = null;
        $spike->end($this->database);
        $this->tally->mark('spike_until', microtime(true));
        $this->runUntil('quiet after', microtime(true) + $afterSeconds);
        $this->drain('the last answers');
        $this->tally->mark('quiet_until', microtime(true));
    }

    private function runUntil(string $phase, float $until): void
    {
        while (microtime(true) < $until && !$this->faultIsOver(microtime(true))) {
            $this->arrive(microtime(true));
            $this->turn($phase);
        }
    }

    /**
     * A fault that is a request is over when that is answered; all others last as long as they are asked to.
     */
    private function faultIsOver(float $now): bool
    {
        if ($this->spike === null || !$this->spike->isRequest()) {
            return false;
        }
        foreach ($this->faults as $fault) {
            if ($fault->socket() !== null) {
                return false;
            }
        }

        return $this->faults !== [] && $this->spike->hasSentAll($now - $this->spikeFrom);
    }

    /**
     * Sends what the fault sends. What it repeats waits for its turn like everybody; what it sends once must go.
     */
    private function goOn(Spike $spike, float $now): void
    {
        $spike->goOn($now);
        foreach ($spike->due($this->spikeSentUntil, $now - $this->spikeFrom) as [$isOnce, $method, $path, $session]) {
            if ($isOnce) {
                $this->faults[] = $this->send($method, $path, '', $session, null);
            } elseif (count($this->open) < self::OPEN_MAX) {
                $this->sendAgain($method, $path, $session);
            }
        }
        $this->spikeSentUntil = $now - $this->spikeFrom;
    }

    private function sendAgain(string $method, string $path, string $session): void
    {
        if ($path !== Faults::ANY_SEARCH) {
            $this->send($method, $path, '', $session, null);

            return;
        }
        $crawler = new Exchange($this->address, $method, Journey::anySearch(), '', $session, Exchange::CRAWLER);
        $this->open[] = [$crawler, null];
    }

    /**
     * Nobody arrives any more; who is waiting for an answer gets it, who was thinking goes home.
     */
    private function drain(string $phase): void
    {
        while ($this->open !== []) {
            $this->planned = [];
            $this->turn($phase);
        }
    }

    private function turn(string $phase): void
    {
        $now = microtime(true);
        $this->sendWhatIsDue($now);
        $this->exchange();
        $this->settle(microtime(true));
        if ($now >= $this->nextWatchAt) {
            $this->nextWatchAt = $now + self::WATCH_EVERY_S;
            $this->waiting = $this->watch->waiting();
            $this->tally->waiting($this->waiting);
        }
        if ($now >= $this->nextReportAt) {
            $this->nextReportAt = $now + self::REPORT_EVERY_S;
            $this->report($phase);
        }
    }

    private function arrive(float $now): void
    {
        if ($this->spike !== null) {
            $this->goOn($this->spike, $now);
        }
        if ($now < $this->nextArrivalAt) {
            return;
        }
        $mean = self::BROWSERS_PER_S + self::BUYERS_PER_S;
        $rate = $this->rate * $mean * (1 + self::TIDE_SHARE * sin(2 * M_PI * ($now - $this->startedAt) / self::TIDE_S));
        // Exponential gaps: customers know nothing of each other.
        $this->nextArrivalAt = $now - log((mt_rand() + 1) / (mt_getrandmax() + 2)) / $rate;
        $this->plan($now, Journey::chance(self::BUYERS_PER_S / $mean) ? Journey::buy() : Journey::browse());
    }

    private function plan(float $now, Journey $journey): void
    {
        $step = $journey->next();
        if ($step !== null) {
            [$think, $method, $path, $body] = $step;
            $this->planned[] = [$now + $think, $method, $path, $body, $journey];
        }
    }

    private function sendWhatIsDue(float $now): void
    {
        foreach ($this->planned as $key => [$dueAt, $method, $path, $body, $journey]) {
            if ($dueAt > $now) {
                continue;
            }
            unset($this->planned[$key]);
            if (count($this->open) >= self::OPEN_MAX) {
                // This customer leaves: a shop that is stuck sells less.
                $this->tally->heldBack();
                continue;
            }
            $this->send($method, $path, $body, $journey->session, $journey);
        }
    }

    private function send(string $method, string $path, string $body, string $session, ?Journey $journey): Exchange
    {
        $exchange = new Exchange($this->address, $method, $path, $body, $session);
        $this->open[] = [$exchange, $journey];

        return $exchange;
    }

    /**
     * Waits a tick at most, and moves every socket that is ready.
     */
    private function exchange(): void
    {
        $read = [];
        $write = [];
        foreach ($this->open as $key => [$exchange]) {
            if ($exchange->socket() === null) {
                continue;
            }
            if ($exchange->wantsToWrite()) {
                $write[$key] = $exchange->socket();
            } else {
                $read[$key] = $exchange->socket();
            }
        }
        if ($read === [] && $write === []) {
            // stream_select refuses to wait for nothing.
            usleep((int) (self::TICK_S * 1e6));

            return;
        }
        $except = null;
        if (stream_select($read, $write, $except, 0, (int) (self::TICK_S * 1e6)) === false) {
            return;
        }
        foreach ($write as $key => $socket) {
            $this->open[$key][0]->write();
        }
        foreach ($read as $key => $socket) {
            $this->open[$key][0]->read();
        }
    }

    private function settle(float $now): void
    {
        foreach ($this->open as $key => [$exchange, $journey]) {
            $exchange->giveUpIfLate($now);
            if ($exchange->socket() !== null) {
                continue;
            }
            unset($this->open[$key]);
            $this->tally->finished($exchange, $now);
            if ($journey !== null) {
                $this->plan($now, $journey);
            }
        }
    }

    private function report(string $phase): void
    {
        fprintf(
            STDERR,
            "  %s: %d requests answered, %d open, %d sessions wait for a lock\n",
            $phase,
            $this->tally->count(),
            count($this->open),
            $this->waiting
        );
    }
}
