package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.TaskListener;
import java.io.File;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The running side of a cloud: its handle in the native library, its agents, and the thread that polls its events. No
 * native call is made under a lock of Jenkins, and no lock of Jenkins is taken on the polling thread: what has to
 * change nodes is handed to {@link AgentNodes}.
 */
final class MesosFramework {
    private static final Logger LOGGER = Logger.getLogger(MesosFramework.class.getName());

    private static final long POLL_MILLIS = 1000;

    /** After a poll that failed, so that a lasting failure does not spin. */
    private static final long PAUSE_MILLIS = 5000;

    /** How long a running task may take until its agent is online; also how long an agent may stay away. */
    static final long ONLINE_TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(600);

    final String cloudId;
    private final long handle;
    private final Map<String, MesosAgent> agents = new ConcurrentHashMap<>();
    private final CloudHistory history = new CloudHistory();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final BackOff backOff = new BackOff();
    private volatile MesosCloud cloud;

    private MesosFramework(MesosCloud cloud, long handle) {
        this.cloud = cloud;
        this.cloudId = cloud.getCloudID();
        this.handle = handle;
    }

    /**
     * Starts the framework of a cloud.
     *
     * @param settings the contract's Config without {@code owned}
     * @param owned the agents that Jenkins has nodes for
     * @throws NativeException if the configuration cannot be used
     */
    static MesosFramework open(
            MesosCloud cloud, Map<String, Object> settings, File stateDir, Collection<MesosSlave> owned) {
        long handle = NativeBridge.open(config(settings, names(owned)), stateDir.getAbsolutePath());
        MesosFramework framework = new MesosFramework(cloud, handle);
        for (MesosSlave node : owned) {
            MesosAgent agent = new MesosAgent(node.getNodeName(), node.getLabelString(), node.getNumExecutors(), true);
            framework.agents.put(agent.name, agent);
        }
        Thread poller = new Thread(framework::pollUntilClosed, "mesos events of " + cloud.name);
        poller.setDaemon(true);
        poller.setContextClassLoader(MesosFramework.class.getClassLoader());
        poller.start();
        return framework;
    }

    private static List<String> names(Collection<MesosSlave> nodes) {
        return nodes.stream().map(MesosSlave::getNodeName).toList();
    }

    private static byte[] config(Map<String, Object> settings, Collection<String> owned) {
        Map<String, Object> config = new LinkedHashMap<>(settings);
        config.put("owned", owned);
        return NativeJson.write(config);
    }

    MesosCloud cloud() {
        return cloud;
    }

    CloudHistory history() {
        return history;
    }

    MesosAgent agent(String name) {
        return agents.get(name);
    }

    List<MesosAgent> agents() {
        return new ArrayList<>(agents.values());
    }

    Status status() {
        return Status.parse(NativeBridge.status(handle));
    }

    /** Gives a changed configuration to the running framework. */
    void reconfigure(MesosCloud changed, Map<String, Object> settings, Collection<MesosSlave> owned) {
        cloud = changed;
        backOff.clear();
        history.forgetComplaint();
        NativeBridge.reconfigure(handle, config(settings, names(owned)));
    }

    /**
     * Plans agents and sees to their nodes on another thread. Plans none for a while after agents of the template ended
     * before they were online.
     *
     * @throws NativeException if the template cannot be used
     */
    List<MesosAgent> plan(MesosSlaveInfo template, int excess) {
        long pause = backOff.secondsLeft(template.getLabelString());
        if (pause > 0) {
            return List.of();
        }
        Plan plan = Plan.parse(NativeBridge.plan(handle, Plan.demand(template.getLabelString(), excess)));
        List<MesosAgent> planned = new ArrayList<>();
        for (Plan.Agent each : plan.agents()) {
            MesosAgent agent = new MesosAgent(each.name(), each.label(), each.executors(), false);
            agents.put(agent.name, agent);
            planned.add(agent);
        }
        AgentNodes.add(this, template, plan.agents());
        return planned;
    }

    /** The agent is connected: it can take builds. */
    void online(MesosAgent agent, MesosSlave node) {
        agent.enter(MesosAgent.Phase.RUNNING, null);
        agent.tell("Online after " + agent.secondsSincePlanned() + " s");
        agent.online().complete(node);
        backOff.succeeded(agent.label);
    }

    /** Jenkins launches the node: asks for the task if that has not been done, else says how it stands. */
    void launch(MesosSlave node, TaskListener log) {
        MesosAgent agent = agents.get(node.getNodeName());
        if (agent == null) {
            // the task is over, the node came too late or was added again
            log.getLogger().println("Mesos has no task of this agent any more; the node is removed.");
            AgentNodes.remove(node.getNodeName(), "its Mesos task is over");
            return;
        }
        agent.tellTo(log);
        if (!agent.request()) {
            log.getLogger().println("The agent is " + describe(agent) + "; it connects by itself.");
            return;
        }
        agent.tell("Requested from Mesos cloud " + cloud.name + ": label " + Util.fixNull(agent.label) + ", "
                + agent.executors + " executor(s), " + amount(node.getCpus()) + " CPUs, " + amount(node.getMem()) + " MB");
        try {
            NativeBridge.submit(handle, request(node, agent));
        } catch (NativeException e) {
            end(agent, "cannot be requested: " + e.getMessage());
            return;
        }
        // released while it was being asked for: that came too early for the native side
        if (agent.isReleased()) {
            releaseNow(agent.name, agent.releaseReason());
        }
    }

    private byte[] request(MesosSlave node, MesosAgent agent) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("v", 1);
        request.put("name", agent.name);
        request.put("label", Util.fixNull(agent.label));
        request.put("executors", agent.executors);
        request.put("launch", InboundAgents.launch(node, cloud.agentsJenkinsUrl()));
        return NativeJson.write(request);
    }

    /** Kills or withdraws an agent; does nothing if that was done before or its task is over. */
    void release(String name, String reason) {
        MesosAgent agent = agents.get(name);
        if (agent == null || !agent.release(reason)) {
            return;
        }
        agent.tell("Released: " + reason);
        if (agent.phase() == MesosAgent.Phase.PLANNED) {
            end(agent, reason);
            return;
        }
        releaseNow(name, reason);
    }

    private void releaseNow(String name, String reason) {
        Map<String, Object> release = new LinkedHashMap<>();
        release.put("v", 1);
        release.put("names", List.of(name));
        release.put("reason", reason);
        NativeBridge.release(handle, NativeJson.write(release));
    }

    /**
     * Ends the native side.
     *
     * @param teardown true: the cloud was deleted, its tasks end too; false: they go on
     */
    void close(boolean teardown) {
        closed.countDown();
        NativeBridge.close(handle, teardown);
        for (MesosAgent agent : agents()) {
            agent.online().completeExceptionally(new MesosAgentException(agent.name + ": the cloud was closed"));
        }
    }

    /** To the very last batch: after {@link #close} the native side still tells what became of the agents. */
    private void pollUntilClosed() {
        while (true) {
            try {
                Event.Batch batch = Event.Batch.parse(NativeBridge.poll(handle, POLL_MILLIS));
                batch.events().forEach(this::handleSafely);
                if (batch.closed()) {
                    return;
                }
            } catch (NativeException | IllegalArgumentException e) {
                if (closed.getCount() == 0) {
                    return;
                }
                LOGGER.log(Level.WARNING, cloud.name + ": cannot read events of the native library", e);
                if (!pause()) {
                    return;
                }
            }
        }
    }

    private boolean pause() {
        try {
            return !closed.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** One event that cannot be handled must not keep the others from being heard. */
    private void handleSafely(Event event) {
        try {
            handle(event);
        } catch (RuntimeException e) {
            LOGGER.log(Level.WARNING, cloud.name + ": cannot handle " + event, e);
        }
    }

    private void handle(Event event) {
        if (event instanceof Event.OfAgent ofAgent) {
            MesosAgent agent = agents.get(ofAgent.name());
            if (agent != null) {
                handle(agent, ofAgent);
            }
        } else {
            history.record(event);
        }
    }

    private void handle(MesosAgent agent, Event.OfAgent event) {
        if (event instanceof Event.Waiting waiting) {
            agent.enter(agent.phase(), waiting.reason());
            agent.tell(waiting.at(), "Waiting: " + waiting.reason());
        } else if (event instanceof Event.Accepted accepted) {
            agent.host(accepted.host());
            agent.enter(MesosAgent.Phase.ACCEPTED, null);
            agent.tell(accepted.at(), "Accepted on " + accepted.host() + " after " + agent.secondsSincePlanned()
                    + " s: " + amount(accepted.cpus()) + " CPUs, " + amount(accepted.mem()) + " MB"
                    + (accepted.tasksInOffer() > 1 ? ", one of " + accepted.tasksInOffer() + " tasks in this offer" : ""));
        } else if (event instanceof Event.State state) {
            agent.host(state.host());
            if ("TASK_RUNNING".equals(state.state())) {
                agent.enter(MesosAgent.Phase.RUNNING, null);
            }
            agent.tell(state.at(), join(state.state(), state.host(), state.reason(), state.message()) + " after "
                    + agent.secondsSincePlanned() + " s");
        } else if (event instanceof Event.Known known) {
            agent.host(known.host());
            agent.enter(MesosAgent.Phase.RUNNING, null);
            agent.tell(known.at(), "Known to Mesos after the restart: " + join(known.state(), known.host()));
        } else if (event instanceof Event.Ended ended) {
            String why = join(ended.state(), ended.reason(), ended.message());
            agent.tell(ended.at(), "Ended: " + why);
            end(agent, why);
        }
    }

    /** The agent's task is over, or will never be: the node goes, and whoever waits for it learns why. */
    private void end(MesosAgent agent, String why) {
        agents.remove(agent.name);
        agent.enter(MesosAgent.Phase.ENDED, why);
        boolean waitedFor = agent.online().completeExceptionally(new MesosAgentException(agent.name + ": " + why));
        if (!agent.isReleased()) {
            history.ended(agent.name, why);
            if (waitedFor && !agent.owned) {
                backOff.failed(agent.label);
            }
        }
        AgentNodes.remove(agent.name, why);
    }

    static String describe(MesosAgent agent) {
        String state =
                switch (agent.phase()) {
                    case PLANNED -> "planned";
                    case REQUESTED -> "waiting for Mesos";
                    case ACCEPTED -> "being started on " + agent.host();
                    case RUNNING -> agent.host() == null ? "running" : "running on " + agent.host();
                    case ENDED -> "ended";
                };
        return agent.reason() == null ? state : state + ": " + agent.reason();
    }

    private static String join(String... parts) {
        List<String> said = new ArrayList<>();
        for (String part : parts) {
            if (Util.fixEmptyAndTrim(part) != null && !said.contains(part)) {
                said.add(part);
            }
        }
        return String.join(", ", said);
    }

    /** Without a needless fraction: 512, 0.3. */
    static String amount(double value) {
        return new BigDecimal(value)
                .setScale(3, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }
}
