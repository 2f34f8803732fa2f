<?php

declare(strict_types=1);

namespace Bitville;

/**
 * What measures the functions of one request.
 *
 * @internal
 */
interface Engine
{
    /** @return string|null why it does not measure, null if it does */
    public function start(): ?string;

    /** Looks at nothing more, if that costs next to nothing: from here on it would look at the listener. */
    public function freeze(): void;

    /**
     * Ends what {@see Engine::start()} began, and never another's.
     *
     * @return bool false when somebody else has ended it and taken the result
     */
    public function stop(): bool;

    /** Lets go of a measurement that nobody wants, as cheaply as it can be done. */
    public function discard(): void;

    /**
     * @return array<string, mixed> the protocol's `profile`, after it was stopped
     *
     * @throws Skipped when it can't be made in time
     */
    public function profile(int $edgesMax, Deadline $deadline): array;

    /** What the measuring itself has cost the request, by an estimate; null if there is none. After the profile. */
    public function costUs(): ?int;
}
