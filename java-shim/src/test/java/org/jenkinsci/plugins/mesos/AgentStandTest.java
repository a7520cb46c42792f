package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import junit.framework.TestCase;
import org.jenkinsci.plugins.mesos.AgentStand.Known;
import org.jenkinsci.plugins.mesos.AgentStand.Place;
import org.jenkinsci.plugins.mesos.AgentStand.Work;

/** Each executor of an agent is counted once, however its steps and what is told of them follow each other. */
public class AgentStandTest extends TestCase {
    private static final int EXECUTORS = 2;

    /** What happens to an agent until all its executors have builds. */
    private enum Step {
        ACCEPTED,
        NODE,
        CONNECTED,
        TOLD,
        FIRST_BUILD,
        SECOND_BUILD;

        Set<Step> after() {
            return switch (this) {
                case ACCEPTED -> EnumSet.noneOf(Step.class);
                case NODE -> EnumSet.of(ACCEPTED);
                case CONNECTED -> EnumSet.of(NODE);
                case TOLD, FIRST_BUILD -> EnumSet.of(CONNECTED);
                case SECOND_BUILD -> EnumSet.of(FIRST_BUILD);
            };
        }
    }

    private static Known known(Set<Step> done) {
        int busy = (done.contains(Step.FIRST_BUILD) ? 1 : 0) + (done.contains(Step.SECOND_BUILD) ? 1 : 0);
        Work work = done.contains(Step.NODE)
                ? new Work(done.contains(Step.CONNECTED), true, EXECUTORS - busy, busy)
                : null;
        return new Known(false, done.contains(Step.TOLD), false, !done.contains(Step.ACCEPTED), EXECUTORS, work);
    }

    /** All orders in which the steps can follow each other. */
    private static void walk(List<Step> done, List<List<Step>> all) {
        if (done.size() == Step.values().length) {
            all.add(List.copyOf(done));
            return;
        }
        for (Step next : Step.values()) {
            if (!done.contains(next) && done.containsAll(next.after())) {
                done.add(next);
                walk(done, all);
                done.remove(next);
            }
        }
    }

    public void testInAnyOrderEachExecutorIsOnItsWayOrFreeOrHasItsBuild() {
        List<List<Step>> orders = new ArrayList<>();
        walk(new ArrayList<>(), orders);
        assertEquals("TOLD before, between and after the builds", 3, orders.size());
        for (List<Step> order : orders) {
            Set<Step> done = EnumSet.noneOf(Step.class);
            for (int steps = 0; steps <= order.size(); steps++) {
                Known known = known(done);
                AgentStand stand = AgentStand.of(known);
                int busy = known.work() == null ? 0 : known.work().busy();
                assertEquals(done + " of " + order + ": " + stand, EXECUTORS, stand.executors() + busy);
                assertEquals(done + ": " + stand, busy == EXECUTORS, stand.place() == Place.BUSY);
                assertEquals(done + ": " + stand, !done.contains(Step.ACCEPTED), stand.state().equals("requested"));
                if (steps < order.size()) {
                    done.add(order.get(steps));
                }
            }
        }
    }

    public void testWhatTakesNoBuildCountsForNone() {
        Work idle = new Work(true, true, 1, 0);
        assertEquals(new AgentStand(Place.LEAVING, 0), AgentStand.of(new Known(true, true, false, false, 1, idle)));
        assertEquals(new AgentStand(Place.LEAVING, 0), AgentStand.of(new Known(true, false, false, true, 1, null)));
        Work closed = new Work(true, false, 1, 0);
        assertEquals(new AgentStand(Place.LEAVING, 0), AgentStand.of(new Known(false, true, false, false, 1, closed)));
        Work lost = new Work(false, true, 1, 0);
        assertEquals(new AgentStand(Place.AWAY, 0), AgentStand.of(new Known(false, true, false, false, 1, lost)));
        assertEquals(new AgentStand(Place.AWAY, 0), AgentStand.of(new Known(false, true, false, false, 1, null)));
        assertEquals(new AgentStand(Place.AWAY, 0), AgentStand.of(new Known(false, false, true, false, 1, lost)));
        for (Place place : EnumSet.of(Place.FREE, Place.BUSY, Place.AWAY, Place.LEAVING)) {
            assertEquals("present", new AgentStand(place, 0).state());
        }
        assertEquals("accepted", new AgentStand(Place.COMING, 1).state());
    }
}
