package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.Queue;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Ends an agent for good: its task at Mesos and its node here. */
final class AgentEnd {
    private static final Logger LOGGER = Logger.getLogger(AgentEnd.class.getName());

    private AgentEnd() {}

    /** On another thread: the caller may hold locks. From now on the agent takes no build. */
    static void soon(MesosSlave node, String why) {
        if (node.toComputer() instanceof MesosComputer computer) {
            computer.setAcceptingTasks(false);
        }
        Computer.threadPoolForRemoting.submit(() -> now(node, why));
    }

    /** As {@link #soon}, unless it is given a build meanwhile. */
    static void ifIdle(MesosSlave node, MesosComputer computer, String why) {
        computer.setAcceptingTasks(false);
        Computer.threadPoolForRemoting.submit(() -> {
            // takes the queue's lock: a build that was being given to the agent before is seen after it
            Queue.getInstance().maintain();
            if (computer.hasWork()) {
                computer.setAcceptingTasks(true);
            } else {
                now(node, why);
            }
        });
    }

    private static void now(MesosSlave node, String why) {
        MesosFrameworks.release(node.getCloudId(), node.getNodeName(), why);
        try {
            node.terminate();
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "cannot remove the node " + node.getNodeName(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
