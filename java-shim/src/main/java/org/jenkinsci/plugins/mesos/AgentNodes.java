package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.Descriptor.FormException;
import hudson.model.Node;
import hudson.slaves.OfflineCause;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/** Adds and removes nodes on Jenkins's own pool: that takes its locks and writes to disk. */
final class AgentNodes {
    private static final Logger LOGGER = Logger.getLogger(AgentNodes.class.getName());

    private static final Queue<Runnable> WORK = new ConcurrentLinkedQueue<>();

    /** Held by the one thread that does the work: what is done with a node is done in the order it was asked for. */
    private static final Semaphore WORKER = new Semaphore(1);

    private static volatile Future<?> latest = CompletableFuture.completedFuture(null);

    private AgentNodes() {}

    private static void later(Runnable work) {
        WORK.add(work);
        latest = Computer.threadPoolForRemoting.submit(AgentNodes::work);
    }

    private static void work() {
        // whoever holds it looks again after giving it back, so nothing stays behind
        while (!WORK.isEmpty() && WORKER.tryAcquire()) {
            try {
                for (Runnable each = WORK.poll(); each != null; each = WORK.poll()) {
                    each.run();
                }
            } finally {
                WORKER.release();
            }
        }
    }

    /** Waits, 10 s at most, for what was begun, so that Jenkins does not stop in the middle of it. */
    static void finish() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        try {
            latest.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (WORKER.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                WORKER.release();
            } else {
                LOGGER.warning("nodes are still being added or removed");
            }
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.log(Level.WARNING, "nodes are still being added or removed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Adds the node of an agent that Mesos has accepted. */
    static void add(MesosFramework framework, MesosAgent agent) {
        later(() -> {
            try {
                addNow(framework, agent);
            } catch (IOException | FormException | RuntimeException e) {
                LOGGER.log(Level.WARNING, framework.cloud().name + ": cannot add the node " + agent.name, e);
                framework.release(agent.name, "its node could not be added: " + e.getMessage());
            }
        });
    }

    private static void addNow(MesosFramework framework, MesosAgent agent) throws IOException, FormException {
        if (agent.isReleased()
                || framework.agent(agent.name) == null
                || MesosFrameworks.find(framework.cloudId) != framework) {
            return;
        }
        MesosSlave node = new MesosSlave(framework.cloud(), agent.settings, agent.plan);
        Jenkins.get().addNode(node);
        agent.nodeAdded();
        framework.added(agent, node);
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

    /** The task of an agent ended unasked: what runs on it is ended with that reason, then its node goes. */
    static void removeLost(String name, String event) {
        later(() -> {
            LostAgents.lost(name, event);
            removeNow(name, event);
        });
    }

    /** Removes a node, if it is there, and shows the reason to whoever still sees it. */
    static void remove(String name, String why) {
        later(() -> removeNow(name, why));
    }

    private static void removeNow(String name, String why) {
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
            if (((MesosSlave) node).getCloudId() == null) {
                LOGGER.log(Level.INFO, "removed the node {0}: {1}", new Object[] {name, why});
            }
        } catch (IOException | RuntimeException e) {
            LOGGER.log(Level.WARNING, "cannot remove the node " + name, e);
        }
    }

    static OfflineCause cause(String why) {
        return OfflineCause.create(Messages._AgentNodes_removed(why));
    }
}
