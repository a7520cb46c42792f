package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.Descriptor.FormException;
import hudson.model.Node;
import hudson.slaves.OfflineCause;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/** Adds and removes nodes on Jenkins's own pool: that takes its locks and writes to disk. */
final class AgentNodes {
    private static final Logger LOGGER = Logger.getLogger(AgentNodes.class.getName());

    private static final Set<Future<?>> PENDING = ConcurrentHashMap.newKeySet();

    private AgentNodes() {}

    private static void later(Runnable work) {
        PENDING.removeIf(Future::isDone);
        PENDING.add(Computer.threadPoolForRemoting.submit(work));
    }

    /** Waits, 10 s at most, for what was begun, so that Jenkins does not stop in the middle of it. */
    static void finish() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        for (Future<?> each : PENDING) {
            try {
                each.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException e) {
                LOGGER.log(Level.WARNING, "nodes are still being added or removed", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        PENDING.clear();
    }

    static void add(MesosFramework framework, MesosSlaveInfo template, List<Plan.Agent> plans) {
        later(() -> plans.forEach(plan -> addNow(framework, template, plan)));
    }

    private static void addNow(MesosFramework framework, MesosSlaveInfo template, Plan.Agent plan) {
        MesosAgent agent = framework.agent(plan.name());
        if (agent == null || agent.isReleased() || MesosFrameworks.find(framework.cloudId) != framework) {
            return;
        }
        try {
            Jenkins.get().addNode(new MesosSlave(framework.cloud(), template, plan));
            agent.nodeAdded();
        } catch (IOException | FormException | RuntimeException e) {
            LOGGER.log(Level.WARNING, framework.cloud().name + ": cannot add the node " + plan.name(), e);
            framework.release(plan.name(), "its node could not be added: " + e.getMessage());
        }
    }

    /** All nodes of our kind. */
    static List<MesosSlave> all() {
        List<MesosSlave> nodes = new ArrayList<>();
        for (Node node : Jenkins.get().getNodes()) {
            if (node instanceof MesosSlave ours) {
                nodes.add(ours);
            }
        }
        return nodes;
    }

    /** Those of one cloud. */
    static List<MesosSlave> of(String cloudId) {
        List<MesosSlave> nodes = all();
        nodes.removeIf(node -> !cloudId.equals(node.getCloudId()));
        return nodes;
    }

    /** Removes a node, if it is there, and shows the reason to whoever still sees it. */
    static void remove(String name, String why) {
        later(() -> {
            Jenkins jenkins = Jenkins.getInstanceOrNull();
            Node node = jenkins == null ? null : jenkins.getNode(name);
            if (!(node instanceof MesosSlave)) {
                return;
            }
            try {
                Computer computer = node.toComputer();
                if (computer != null) {
                    computer.disconnect(cause(why));
                }
                jenkins.removeNode(node);
            } catch (IOException | RuntimeException e) {
                LOGGER.log(Level.WARNING, "cannot remove the node " + name, e);
            }
        });
    }

    static OfflineCause cause(String why) {
        return OfflineCause.create(Messages._AgentNodes_removed(why));
    }
}
