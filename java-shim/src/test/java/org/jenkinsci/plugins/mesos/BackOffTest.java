package org.jenkinsci.plugins.mesos;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import junit.framework.TestCase;

/** Pauses after agents that failed. */
public class BackOffTest extends TestCase {
    private final AtomicLong seconds = new AtomicLong(7);
    private final BackOff backOff = new BackOff(() -> TimeUnit.SECONDS.toNanos(seconds.get()));

    public void testNoPauseWithoutAFailure() {
        assertEquals(0, backOff.secondsLeft("mesos"));
    }

    public void testEachFailureInARowDoublesThePause() {
        backOff.failed("mesos");
        assertEquals(5, backOff.secondsLeft("mesos"));
        assertEquals("another label is not kept waiting", 0, backOff.secondsLeft("other"));
        seconds.addAndGet(5);
        assertEquals(0, backOff.secondsLeft("mesos"));
        backOff.failed("mesos");
        assertEquals(10, backOff.secondsLeft("mesos"));
    }

    public void testAgentsThatFailTogetherCountOnce() {
        backOff.failed("mesos");
        backOff.failed("mesos");
        assertEquals(5, backOff.secondsLeft("mesos"));
    }

    public void testThePauseIsNeverLongerThanFiveMinutes() {
        for (int i = 0; i < 20; i++) {
            backOff.failed(null);
            seconds.addAndGet(backOff.secondsLeft(null));
        }
        backOff.failed(null);
        assertEquals(300, backOff.secondsLeft(null));
    }

    public void testAnAgentThatComesOnlineOrNewSettingsEndIt() {
        backOff.failed("mesos");
        backOff.succeeded("mesos");
        assertEquals(0, backOff.secondsLeft("mesos"));
        backOff.failed("mesos");
        backOff.clear();
        assertEquals(0, backOff.secondsLeft("mesos"));
    }

    public void testWhatIsPausedAtTheMomentIsTold() {
        backOff.failed("mesos");
        backOff.failed("other");
        backOff.succeeded("other");
        assertEquals(Map.of("mesos", 5L), backOff.current());
        seconds.addAndGet(5);
        assertEquals(Map.of(), backOff.current());
    }
}
