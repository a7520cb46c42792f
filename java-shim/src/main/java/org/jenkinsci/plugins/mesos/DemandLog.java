package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The log of what was decided about waiting builds, and upon what, at level FINE: a line for each look at a cloud while
 * builds wait or something is done.
 */
final class DemandLog {
    private static final Logger LOGGER = Logger.getLogger(DemandLog.class.getName());

    private DemandLog() {}

    static void decided(
            MesosFramework framework, Collection<WaitingBuilds.Group> groups, Supply supply, Review review) {
        boolean quiet = groups.isEmpty() && review.request().isEmpty() && review.withdraw().isEmpty();
        if (!quiet && LOGGER.isLoggable(Level.FINE)) {
            LOGGER.fine(line(framework, groups, supply, review));
        }
    }

    private static String line(
            MesosFramework framework, Collection<WaitingBuilds.Group> groups, Supply supply, Review review) {
        List<String> waiting = groups.stream().map(DemandLog::describe).toList();
        List<String> elsewhere = supply.free().stream()
                .filter(free -> free.ours() == null)
                .map(free -> free.executors() + " on " + free.node().getNodeName())
                .toList();
        List<String> held = review.held().stream().map(each -> each.builds() + ": " + each.message()).toList();
        return framework.cloud().name
                + ": waiting " + waiting
                + "; agents " + stands(framework, supply)
                + "; free elsewhere " + elsewhere
                + "; to request " + review.request().stream().map(Plan.Agent::name).toList()
                + "; to withdraw " + review.withdraw()
                + "; held back " + held;
    }

    private static String describe(WaitingBuilds.Group group) {
        return group.builds + " for " + (group.need.label() == null ? "no label" : group.need.label().getName())
                + (group.need.fresh() ? ", each alone" : "")
                + (group.need.forJenkins() ? ", left to Jenkins" : "");
    }

    /** By place: each agent, with its executors. */
    private static Map<AgentStand.Place, List<String>> stands(MesosFramework framework, Supply supply) {
        Map<AgentStand.Place, List<String>> stands = new TreeMap<>();
        for (MesosAgent agent : framework.agents()) {
            AgentStand stand = supply.of(agent);
            stands.computeIfAbsent(stand.place(), place -> new ArrayList<>())
                    .add(stand.executors() > 1 ? agent.name + " x " + stand.executors() : agent.name);
        }
        return stands;
    }
}
