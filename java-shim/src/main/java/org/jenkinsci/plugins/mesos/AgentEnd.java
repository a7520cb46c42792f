package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;

/** Ends an agent for good: its task at Mesos, and with that its node here. */
final class AgentEnd {
    private AgentEnd() {}

    /** On another thread: the caller may hold locks. From now on the agent takes no build. */
    static void soon(MesosSlave node, String why) {
        MesosComputer computer = node.toComputer() instanceof MesosComputer ours ? ours : null;
        if (computer != null) {
            computer.refuseBuilds(why);
        }
        Computer.threadPoolForRemoting.submit(() -> {
            if (computer != null) {
                computer.closeToBuilds(why);
            }
            now(node, why);
        });
    }

    /** As {@link #soon}, unless it is given a build meanwhile. */
    static void ifIdle(MesosSlave node, MesosComputer computer, String why) {
        Computer.threadPoolForRemoting.submit(() -> {
            computer.closeToBuilds(why);
            if (computer.hasWork()) {
                computer.openToBuilds();
            } else {
                now(node, why);
            }
        });
    }

    /**
     * The node goes when Mesos tells that the task is over. An agent whose node went first would lose its connection and
     * come back, as it does when Jenkins restarts, to a node that is not there.
     */
    private static void now(MesosSlave node, String why) {
        MesosFrameworks.release(node.getCloudId(), node.getNodeName(), why);
        if (MesosFrameworks.agent(node.getCloudId(), node.getNodeName()) == null) {
            AgentNodes.remove(node.getNodeName(), why);
        }
    }
}
