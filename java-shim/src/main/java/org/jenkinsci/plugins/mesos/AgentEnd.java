package org.jenkinsci.plugins.mesos;

/** Ends an agent for good: its task at Mesos, and with that its node here. */
final class AgentEnd {
    private AgentEnd() {}

    /** On another thread: the caller may hold locks. From now on the agent takes no build. */
    static void soon(MesosSlave node, String why) {
        MesosComputer computer = node.toComputer() instanceof MesosComputer ours ? ours : null;
        if (computer != null) {
            computer.refuseBuilds(why);
        }
        QueueLooks.afterThis(() -> {
            if (computer != null) {
                computer.setAcceptingTasks(false);
            }
            now(node, why);
        });
    }

    /** As {@link #soon}, unless it is given a build meanwhile. */
    static void ifIdle(MesosSlave node, MesosComputer computer, String why) {
        if (computer.refusal() != null) {
            // asked for before
            return;
        }
        computer.refuseBuilds(why);
        QueueLooks.afterThis(() -> {
            if (computer.hasWork()) {
                computer.allowBuilds();
            } else {
                computer.setAcceptingTasks(false);
                now(node, why);
            }
        });
    }

    /**
     * The node goes when Mesos tells that the task is over. An agent whose node went first would lose its connection
     * and come back, as it does when Jenkins restarts, to a node that is not there.
     */
    private static void now(MesosSlave node, String why) {
        MesosFrameworks.release(node.getCloudId(), node.getNodeName(), why);
        if (MesosFrameworks.agent(node.getCloudId(), node.getNodeName()) == null) {
            AgentNodes.remove(node.getNodeName(), why);
        }
    }
}
