package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.TaskListener;
import java.io.File;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The running side of a cloud: its handle in the native library, its agents, and the thread that polls its events. No
 * native call is made under a lock of Jenkins, and no lock of Jenkins is taken on the polling thread: what has to
 * change nodes is handed to {@link AgentNodes}.
 */
final class MesosFramework {
    private static final Logger LOGGER = Logger.getLogger(MesosFramework.class.getName());

    private static final String UNREACHABLE = "TASK_UNREACHABLE";

    private static final long POLL_MILLIS = 1000;

    /** After a poll that failed, so that a lasting failure does not spin. */
    private static final long PAUSE_MILLIS = 5000;

    /**
     * How long a running task may take until its agent is online; also how long an agent may stay away whose host Mesos
     * reaches.
     */
    static final long ONLINE_TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(600);

    final String cloudId;
    private final long handle;
    private final Map<String, MesosAgent> agents = new ConcurrentHashMap<>();
    private final CloudHistory history = new CloudHistory();
    private final MasterLook masterLook = new MasterLook(history);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final BackOff backOff = new BackOff();

    /** By template: what became of its last agent, if that ended before it was online. */
    private final Map<String, String> lastFailures = new ConcurrentHashMap<>();

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
        AgentSecrets.forgetAllBut(names(owned), cloud.getCloudID());
        long handle = NativeBridge.open(config(settings, names(owned)), stateDir.getAbsolutePath());
        MesosFramework framework = new MesosFramework(cloud, handle);
        framework.lookWith(settings);
        for (MesosSlave node : owned) {
            framework.agents.put(node.getNodeName(), new MesosAgent(node));
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

    /** Takes the settings from this object, which says the same to the library; whether it is another one. */
    boolean follow(MesosCloud same) {
        boolean another = cloud != same;
        cloud = same;
        return another;
    }

    CloudHistory history() {
        return history;
    }

    MesosAgent agent(String name) {
        return agents.get(name);
    }

    /** All whose end has not been told, the oldest first. */
    List<MesosAgent> agents() {
        List<MesosAgent> oldestFirst = new ArrayList<>(agents.values());
        oldestFirst.sort(Comparator.comparingLong(agent -> agent.number));
        return oldestFirst;
    }

    private void lookWith(Map<String, Object> settings) {
        masterLook.settings(cloud.isOnDemandRegistration() ? config(settings, List.of()) : null);
    }

    /** Tries the master if nothing else tells whether it is there; never waits. */
    void lookAtMaster() {
        if ("idle".equals(status().connection().state())) {
            masterLook.whileIdle();
        }
    }

    Status status() {
        return Status.parse(NativeBridge.status(handle));
    }

    /**
     * Gives a changed configuration to the running framework.
     *
     * @param news false: nothing has changed but the templates that Pipelines define
     */
    void reconfigure(MesosCloud changed, Map<String, Object> settings, Collection<MesosSlave> owned, boolean news) {
        cloud = changed;
        if (news) {
            backOff.clear();
            history.forgetComplaint();
            lookWith(settings);
        }
        NativeBridge.reconfigure(handle, config(settings, names(owned)));
    }

    /**
     * Asks for agents of a template with so many executors in all. Asks for none for a while after agents of the
     * template ended before they were online.
     *
     * @throws NativeException if the template cannot be used
     */
    List<MesosAgent> request(ServedTemplate.Choice choice, int excess) {
        String template = choice.template().key;
        if (pauseOf(template) > 0) {
            return List.of();
        }
        Plan plan = Plan.parse(NativeBridge.plan(handle, Plan.demand(template, choice.image(), excess)));
        return request(plan.agents(), choice.template().settings, agent -> {});
    }

    /**
     * What to request and to withdraw.
     *
     * @param situation the contract's Situation
     */
    byte[] review(byte[] situation) {
        return NativeBridge.review(handle, situation);
    }

    /**
     * Asks for one agent because a person wants it, whatever became of the last ones.
     *
     * @throws NativeException if the template cannot be used
     */
    void requestByHand(MesosSlaveInfo template) {
        Plan plan = Plan.parse(NativeBridge.plan(handle, Plan.demand(template.key(), null, 1)));
        request(plan.agents(), template, agent -> {});
    }

    /** Seconds for which no agents of this template are to be asked for, since the last ones failed; 0: none. */
    long pauseOf(String template) {
        return backOff.secondsLeft(template);
    }

    /**
     * Whether the cluster could hold an agent of this size, as far as Jenkins knows the cluster; memory and disk in MB.
     */
    Capacity capacity(double cpus, double mem, double disk) {
        return Capacity.parse(NativeBridge.capacity(handle, Capacity.need(cpus, mem, disk)));
    }

    /** Who else wants the cloud's roles, as the master told last; it is asked again in the background. */
    RoleShares roles() {
        return RoleShares.parse(NativeBridge.roles(handle));
    }

    /** The templates that no agents are asked for of, with the seconds for which that goes on. */
    SortedMap<String, Long> pauses() {
        return backOff.current();
    }

    /**
     * Asks Mesos for agents. Jenkins gets their nodes when Mesos has accepted them: until then they can be withdrawn
     * without a trace, and a long queue does not fill Jenkins with nodes that wait.
     *
     * @param plans what {@code plan} or {@code review} gave
     * @param before what is done with each before anything can happen to it
     */
    List<MesosAgent> request(List<Plan.Agent> plans, MesosSlaveInfo template, Consumer<MesosAgent> before) {
        List<MesosAgent> requested = new ArrayList<>();
        for (Plan.Agent plan : plans) {
            String labels = ServedTemplate.labelString(template, plan.image());
            MesosAgent agent = new MesosAgent(plan.withLabel(labels), template);
            before.accept(agent);
            agents.put(agent.name, agent);
            requested.add(agent);
            agent.tell("Requested from Mesos cloud " + cloud.name + ": template " + agent.template + ", "
                    + agent.executors + " executor(s), " + amount(agent.cpus) + " CPUs, " + amount(agent.mem) + " MB"
                    + (agent.image == null ? "" : ", image " + agent.image));
            String failure = lastFailures.get(agent.template);
            if (failure != null) {
                agent.tell("The last agent of this template failed: " + failure);
            }
            try {
                NativeBridge.submit(handle, submission(agent));
            } catch (NativeException e) {
                end(agent, "cannot be requested: " + e.getMessage(), false);
                continue;
            }
            // released while it was being asked for: that came too early for the native side
            if (agent.isReleased()) {
                releaseNow(List.of(agent.name), agent.releaseReason());
            }
        }
        return requested;
    }

    private byte[] submission(MesosAgent agent) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("v", 1);
        request.put("name", agent.name);
        request.put("template", agent.template);
        request.put("label", Util.fixNull(agent.plan.label()));
        request.put("image", agent.image);
        request.put("executors", agent.executors);
        request.put("launch", InboundAgents.launch(cloud, agent));
        return NativeJson.write(request);
    }

    /** Jenkins has the node of an agent now. */
    void added(MesosAgent agent, MesosSlave node) {
        LOGGER.log(Level.FINE, "{0}: {1} has a node, {2} s after the request", new Object[] {
            cloud.name, node.getNodeName(), agent.secondsSinceRequest()
        });
        ProvisioningEvents.added(agent, node);
        // its end came meanwhile, too early to find the node
        if (agents.get(agent.name) != agent) {
            AgentNodes.remove(agent.name, Util.fixNull(agent.reason()));
        }
    }

    /** The agent is connected: it can take builds. Told by its connection and by its first build, in either order. */
    void online(MesosAgent agent, MesosSlave node) {
        agent.enter(MesosAgent.Phase.RUNNING, null);
        if (agent.online().complete(node)) {
            agent.tell("Online after " + agent.secondsSinceRequest() + " s");
        }
        Demand.signal();
        backOff.succeeded(agent.template);
        lastFailures.remove(agent.template);
    }

    /** Jenkins launches the node: says how its task stands. The agent connects by itself. */
    void launch(MesosSlave node, TaskListener log) {
        MesosAgent agent = agents.get(node.getNodeName());
        if (agent == null) {
            // the task is over, the node came too late or was added again
            log.getLogger().println("Mesos has no task of this agent any more; the node is removed.");
            AgentNodes.remove(node.getNodeName(), "its Mesos task is over");
            return;
        }
        agent.tellTo(log);
        log.getLogger().println("The agent is " + describe(agent) + "; it connects by itself.");
    }

    /** Kills or withdraws an agent; does nothing if that was done before or its task is over. */
    void release(String name, String reason) {
        release(List.of(name), reason);
    }

    /** As above, for several at once. */
    void release(List<String> names, String reason) {
        List<String> released = new ArrayList<>();
        for (String name : names) {
            MesosAgent agent = agents.get(name);
            if (agent != null && agent.release(reason)) {
                agent.tell("Released: " + reason);
                released.add(name);
            }
        }
        if (!released.isEmpty()) {
            releaseNow(released, reason);
        }
    }

    private void releaseNow(List<String> names, String reason) {
        Map<String, Object> release = new LinkedHashMap<>();
        release.put("v", 1);
        release.put("names", names);
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

    void handle(Event event) {
        if (event instanceof Event.OfAgent ofAgent) {
            MesosAgent agent = agents.get(ofAgent.name());
            if (agent != null) {
                handle(agent, ofAgent);
            }
        } else {
            history.record(event);
            if (event instanceof Event.Connection) {
                lookAtMaster();
            }
        }
    }

    private void handle(MesosAgent agent, Event.OfAgent event) {
        if (event instanceof Event.Waiting waiting) {
            agent.enter(agent.phase(), waiting.reason());
            agent.tellWaiting(waiting.at(), waiting.reason());
        } else if (event instanceof Event.Accepted accepted) {
            agent.host(accepted.host());
            agent.enter(MesosAgent.Phase.ACCEPTED, null);
            // at once: the task begins to look for it half a second from now
            AgentNodes.add(this, agent);
            agent.tell(accepted.at(), "Accepted on " + accepted.host() + " after " + agent.secondsSinceRequest()
                    + " s: " + amount(accepted.cpus()) + " CPUs, " + amount(accepted.mem()) + " MB"
                    + (accepted.tasksInOffer() > 1
                            ? ", one of " + accepted.tasksInOffer() + " tasks in this offer"
                            : ""));
        } else if (event instanceof Event.State state) {
            agent.host(state.host());
            agent.reachable(!UNREACHABLE.equals(state.state()));
            if ("TASK_RUNNING".equals(state.state())) {
                agent.enter(MesosAgent.Phase.RUNNING, null);
            } else if (UNREACHABLE.equals(state.state())) {
                // it may come back: no end, but what is to be known of it
                agent.enter(agent.phase(), join(state.state(), state.reason(), state.message()));
            }
            agent.tell(state.at(), join(state.state(), state.host(), state.reason(), state.message()) + " after "
                    + agent.secondsSinceRequest() + " s");
        } else if (event instanceof Event.Known known) {
            agent.host(known.host());
            agent.reachable(!UNREACHABLE.equals(known.state()));
            agent.enter(MesosAgent.Phase.RUNNING, null);
            agent.tell(known.at(), "Known to Mesos after the restart: " + join(known.state(), known.host()));
        } else if (event instanceof Event.Risk risk) {
            agent.risk(risk.message());
            String line = risk.message() == null
                    ? "No longer at risk: nothing is planned for its host any more"
                    : "At risk: " + risk.message();
            agent.tell(risk.at(), line);
            RunningBuilds.tell(agent.name, "Mesos: agent " + agent.name + ": " + line);
        } else if (event instanceof Event.Ended ended) {
            String why = join(ended.state(), ended.reason(), ended.message(), agent.secretTrouble());
            agent.tell(ended.at(), "Ended: " + why);
            end(agent, why, ended.again());
        }
    }

    /** The agent's task is over, or will never be: the node goes, and whoever waits for it learns why. */
    private void end(MesosAgent agent, String why, boolean again) {
        boolean failed = !agent.owned && !agent.isReleased() && !agent.online().isDone();
        // before it counts no more: nobody shall ask for another one without that pause
        String next = failed ? next(agent, why, again) : "";
        agents.remove(agent.name);
        AgentSecrets.forget(cloudId, agent.name);
        agent.enter(MesosAgent.Phase.ENDED, why);
        MesosAgentException cause = new MesosAgentException(agent.name + ": " + why);
        agent.online().completeExceptionally(cause);
        if (agent.settled().complete(null)) {
            ProvisioningEvents.failed(agent, cause);
        }
        Demand.signal();
        if (agent.isReleased()) {
            AgentNodes.removeEnded(agent.name, why);
            return;
        }
        history.ended(agent.name, why + next);
        AgentNodes.removeLost(agent.name, why);
    }

    /** An agent failed before it was online: when another may be asked for. */
    private String next(MesosAgent agent, String why, boolean again) {
        if (again) {
            agent.tell("its template is not to blame: another agent of " + agent.template + " can be requested at once");
            return "";
        }
        backOff.failed(agent.template);
        lastFailures.put(agent.template, agent.name + ": " + why);
        String next = "another agent of template " + agent.template + " can be requested in "
                + backOff.secondsLeft(agent.template) + " s";
        agent.tell(next);
        return "; " + next;
    }

    static String describe(MesosAgent agent) {
        String state =
                switch (agent.phase()) {
                    case REQUESTED -> "waiting for Mesos";
                    case ACCEPTED -> "being started on " + agent.host();
                    case RUNNING -> agent.host() == null ? "running" : "running on " + agent.host();
                    case ENDED -> "ended";
                };
        String risk = agent.phase() == MesosAgent.Phase.ENDED ? null : agent.risk();
        return (agent.reason() == null ? state : state + ": " + agent.reason()) + (risk == null ? "" : "; " + risk);
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
