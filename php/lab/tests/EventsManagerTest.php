<?php
/**
 * The stand-in's events manager has Phalcon's traps where Phalcon has them.
 */

declare(strict_types=1);

namespace Lab\Tests;

use Phalcon\Events\Event;
use Phalcon\Events\Exception;
use Phalcon\Events\Manager;
use PHPUnit\Framework\TestCase;

final class EventsManagerTest extends TestCase
{
    public function testTheGroupRunsBeforeTheFullName(): void
    {
        $order = [];
        $manager = new Manager();
        $manager->attach('db:beforeQuery', static function () use (&$order): void {
            $order[] = 'full name';
        });
        $manager->attach('db', static function () use (&$order): void {
            $order[] = 'group';
        });
        $manager->fire('db:beforeQuery', $this);
        self::assertSame(['group', 'full name'], $order);
    }

    public function testTheLastListenersNullHidesAnEarlierFalse(): void
    {
        $manager = new Manager();
        $manager->attach('db', new Recorder(false));
        self::assertFalse($manager->fire('db:beforeQuery', $this));
        $manager->attach('db:beforeQuery', new Recorder(null));
        self::assertNull($manager->fire('db:beforeQuery', $this));
    }

    public function testAnObjectWithoutTheEventsMethodIsSkipped(): void
    {
        $recorder = new Recorder(true);
        $manager = new Manager();
        $manager->attach('db', $recorder);
        self::assertNull($manager->fire('db:createSavepoint', $this));
        self::assertSame([], $recorder->seen);
    }

    public function testAStoppedEventGoesNoFurtherInItsQueue(): void
    {
        $recorder = new Recorder();
        $manager = new Manager();
        $manager->enablePriorities(true);
        $manager->attach('db', $recorder, 10);
        $manager->attach('db', static function (Event $event): void {
            $event->stop();
        }, 200);
        $manager->fire('db:afterQuery', $this);
        self::assertSame([], $recorder->seen);
    }

    public function testAListenerIsFoundOnceUntilItIsDetached(): void
    {
        $recorder = new Recorder();
        $manager = new Manager();
        $manager->attach('db', $recorder);
        self::assertSame([$recorder], $manager->getListeners('db'));
        self::assertSame([$recorder], $manager->getListeners('db'), 'looking takes nothing away');
        $manager->detach('db', $recorder);
        self::assertSame([], $manager->getListeners('db'));
    }

    public function testAnEventWithoutAGroupIsRefused(): void
    {
        $manager = new Manager();
        $manager->attach('db', new Recorder());
        $this->expectException(Exception::class);
        $manager->fire('beforeQuery', $this);
    }
}
