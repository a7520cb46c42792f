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

/**
 * Adds and removes nodes on Jenkins's own pool: that takes its locks and writes to disk. Adding waits for no removal:
 * that may take long while the queue is, and an agent is on its way to its node.
 */
final class AgentNodes {
    private static final Logger LOGGER = Logger.getLogger(AgentNodes.class.getName());

    /** One after the other, in the order they were asked for. */
    private static final Works ADDING = new Works(1);

    /**
     * Many beside each other: each waits for the queue's lock more than once, and the queue may hold it for a second.
     */
    private static final Works REMOVING = new Works(16);

    /** How long the connection of an agent that is over may take to end by itself. */
    private static final long CONNECTION_END_MILLIS = 2000;

    private AgentNodes() {}

    /** What is to be done by so many threads at most. */
    private static final class Works {
        private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
        private final int threads;
        private final Semaphore workers;
        private volatile Future<?> latest = CompletableFuture.completedFuture(null);

        Works(int threads) {
            this.threads = threads;
            workers = new Semaphore(threads);
        }

        void later(Runnable work) {
            waiting.add(work);
            latest = Computer.threadPoolForRemoting.submit(this::work);
        }

        private void work() {
            // whoever holds a permit looks again after giving it back, so nothing stays behind
            while (!waiting.isEmpty() && workers.tryAcquire()) {
                try {
                    for (Runnable each = waiting.poll(); each != null; each = waiting.poll()) {
                        each.run();
                    }
                } finally {
                    workers.release();
                }
            }
        }

        /** Whether all that was begun is done; waits for it until then, in the time of {@link System#nanoTime}. */
        boolean isDoneBy(long end) throws InterruptedException {
            try {
                latest.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException e) {
                LOGGER.log(Level.FINE, "nodes", e);
                return false;
            }
            if (!workers.tryAcquire(threads, end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return false;
            }
            workers.release(threads);
            return true;
        }
    }

    /** Waits, 10 s at most, for what was begun, so that Jenkins does not stop in the middle of it. */
    static void finish() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        try {
            if (!ADDING.isDoneBy(end) || !REMOVING.isDoneBy(end)) {
                LOGGER.warning("nodes are still being added or removed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Adds the node of an agent that Mesos has accepted. */
    static void add(MesosFramework framework, MesosAgent agent) {
        ADDING.later(() -> {
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
        REMOVING.later(() -> {
            LostAgents.lost(name, event);
            removeDisconnected(name, event);
        });
    }

    /** The task of an agent that was released is over: its node goes. */
    static void removeEnded(String name, String why) {
        REMOVING.later(() -> removeDisconnected(name, why));
    }

    /**
     * Removes it when its connection has ended, which that does by itself with the agent. To close it before would be
     * to write to an agent that is gone, and Jenkins warns of that. A host that is cut off ends no connection, and a
     * task that is over only for Mesos does not either: that is not waited for long. It gets no build meanwhile.
     */
    private static void removeDisconnected(String name, String why) {
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (jenkins != null && jenkins.getComputer(name) instanceof MesosComputer computer) {
            computer.refuseBuilds(why);
            computer.disconnected()
                    .completeOnTimeout(null, CONNECTION_END_MILLIS, TimeUnit.MILLISECONDS)
                    .thenRun(() -> remove(name, why));
        } else {
            removeNow(name, why);
        }
    }

    /** Removes a node, if it is there, and shows the reason to whoever still sees it. */
    static void remove(String name, String why) {
        REMOVING.later(() -> removeNow(name, why));
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
