package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.Executor;
import hudson.model.Label;
import hudson.model.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jenkins.model.Jenkins;

/**
 * Executors of one node that are free now.
 *
 * @param executors how many
 * @param forLong whether they have been free for so long that a build which waits as long is kept from them
 * @param fresh whether a build that wants an unused agent may have them
 * @param ours the agent, if the node is one of ours
 */
record FreeExecutors(Node node, int executors, boolean forLong, boolean fresh, MesosAgent ours) {

    /** Of all nodes that accept builds. */
    static List<FreeExecutors> read(Jenkins jenkins, long now) {
        List<FreeExecutors> free = new ArrayList<>();
        for (Computer computer : jenkins.getComputers()) {
            Node node = computer.getNode();
            if (node == null || !computer.isOnline() || !computer.isAcceptingTasks()) {
                continue;
            }
            MesosAgent ours = null;
            int most = Integer.MAX_VALUE;
            if (computer instanceof MesosComputer mesos) {
                ours = MesosFrameworks.agent(mesos.cloudId(), mesos.agentName());
                // one that has not been told to be online counts as coming
                if (ours == null || !ours.online().isDone() || ours.isReleased()) {
                    continue;
                }
                most = mostBuilds(mesos, (MesosSlave) node, now);
            }
            int recently = 0;
            int forLong = 0;
            for (Executor executor : computer.getExecutors()) {
                if (executor.isIdle()) {
                    if (now - executor.getIdleStartMilliseconds() >= WaitingBuilds.REFUSED_AFTER_MILLIS) {
                        forLong++;
                    } else {
                        recently++;
                    }
                }
            }
            boolean fresh = ours == null || recently + forLong == 1 && ((MesosSlave) node).getBuilds() == 0;
            recently = Math.min(recently, most);
            forLong = Math.min(forLong, most - recently);
            add(free, new FreeExecutors(node, recently, false, fresh, ours));
            add(free, new FreeExecutors(node, forLong, true, fresh, ours));
        }
        return free;
    }

    /** How many builds an agent would still take now. */
    private static int mostBuilds(MesosComputer computer, MesosSlave node, long now) {
        if (node.fullBecause(now) != null || computer.isHeldAlone() || node.isSingleUse() && computer.hasWork()) {
            return 0;
        }
        int limit = node.getMaxBuilds();
        return limit > 0 ? Math.max(0, limit - node.getBuilds() - computer.beginning()) : Integer.MAX_VALUE;
    }

    private static void add(List<FreeExecutors> free, FreeExecutors some) {
        if (some.executors > 0) {
            free.add(some);
        }
    }

    /** The groups, by their place, whose builds may have them. */
    List<Integer> serves(List<WaitingBuilds.Group> groups) {
        List<Integer> served = new ArrayList<>();
        for (int number = 0; number < groups.size(); number++) {
            if (serves(groups.get(number))) {
                served.add(number);
            }
        }
        return served;
    }

    private boolean serves(WaitingBuilds.Group group) {
        Label label = group.need.label();
        boolean takes = label == null ? node.getMode() == Node.Mode.NORMAL : label.matches(node.getAssignedLabels());
        if (!takes) {
            return false;
        }
        boolean refused = group.need.old() && forLong;
        if (ours == null) {
            return !refused;
        }
        String cloudId = ((MesosSlave) node).getCloudId();
        // another agent of the kind that it would get anyway would be refused as well
        return group.accepts(cloudId, ours.template, ours.image) && (!refused || isFirstChoice(group, cloudId));
    }

    private boolean isFirstChoice(WaitingBuilds.Group group, String cloudId) {
        ServedTemplate.Choice first = group.need.choices().get(0);
        return first.template().cloud.getCloudID().equals(cloudId)
                && first.template().key.equals(ours.template)
                && Objects.equals(first.image(), ours.image);
    }
}
