package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import junit.framework.TestCase;

/** A label is told of when it cannot be served, and not when the cluster is just busy. */
public class UnplacedAgentsTest extends TestCase {
    private static final long SECOND = 1000;

    private long now = 1_000_000;

    @Override
    protected void setUp() {
        UnplacedAgents.forget(Long.MAX_VALUE);
    }

    @Override
    protected void tearDown() {
        UnplacedAgents.forget(Long.MAX_VALUE);
    }

    /** One request of label {@code big} that has waited for so many seconds. */
    private void waits(long seconds, boolean possible) {
        look(new Status.Waiting("a", "big", 8, 512, "needs 8 CPUs", possible, seconds * SECOND));
    }

    private void look(Status.Waiting... waiting) {
        UnplacedAgents.look("id", "cloud", new Status(null, null, false, List.of(waiting), List.of(), Map.of()), now);
        UnplacedAgents.forget(now);
    }

    private void pass(long seconds) {
        now += seconds * SECOND;
    }

    private List<String> told() {
        List<String> told = new ArrayList<>();
        UnplacedAgents.labels(now).forEach(each -> told.add(each.label() + " " + each.possible() + " " + each.minutes()));
        return told;
    }

    public void testARequestThatNoAgentCanHoldIsToldOfAfterAMinute() {
        for (int seconds = 0; seconds < 60; seconds += 10) {
            waits(seconds, false);
            assertEquals(List.of(), told());
            pass(10);
        }
        waits(60, false);
        assertEquals(List.of("big false 1"), told());
    }

    public void testABusyClusterIsToldOfAfterTenMinutesOnly() {
        waits(599, true);
        assertEquals(List.of(), told());
        pass(1);
        waits(600, true);
        assertEquals(List.of("big true 10"), told());
    }

    public void testAMomentWithoutAFittingAgentIsNotToldOf() {
        waits(0, false);
        pass(50);
        waits(50, true);
        pass(10);
        waits(60, false);
        assertEquals(List.of(), told());
    }

    public void testARequestThatIsFollowedByTheNextOneStaysToldOf() {
        waits(0, false);
        pass(60);
        waits(60, false);
        pass(60);
        look();
        assertEquals("between two requests", List.of("big false 2"), told());
        pass(10);
        waits(0, false);
        assertEquals("a new request of the same label", List.of("big false 2"), told());
    }

    public void testALabelIsForgottenWhenItsRequestsAreGone() {
        waits(700, true);
        assertEquals(1, told().size());
        pass(TimeUnit.MILLISECONDS.toSeconds(UnplacedAgents.GONE_MILLIS));
        look();
        assertEquals(List.of(), told());
    }
}
