package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.TaskListener;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is known of one agent, from the request to the end of its task: for its log, its offline cause, and the planned
 * node that Jenkins waits for. Not persisted; after a restart it begins with what Mesos still knows.
 */
final class MesosAgent {
    /** Where an agent stands; the order is that of its life. */
    enum Phase {
        REQUESTED,
        ACCEPTED,
        RUNNING,
        ENDED
    }

    /** The log begins and ends with what matters; repeated reasons in between may be dropped. */
    private static final int STORY_LINES = 200;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    private static final AtomicLong NUMBERS = new AtomicLong();

    final String name;

    /** The template's key: its name, else its whole label string. */
    final String template;

    /** The Docker image that its build chose, or null. */
    final String image;

    final int executors;
    final boolean singleUse;

    /** Of the whole task, in CPUs and MB. */
    final double cpus;

    final double mem;

    /** True: the node was there before the cloud was opened, so it must not be asked for again. */
    final boolean owned;

    /** Agents that were asked for later have greater numbers. */
    final long number = NUMBERS.incrementAndGet();

    /** What its node will be made of; null if it is owned. */
    final Plan.Agent plan;

    final MesosSlaveInfo settings;

    private final CompletableFuture<Node> online = new CompletableFuture<>();
    private final CompletableFuture<Node> settled = new CompletableFuture<>();
    private final CompletableFuture<String> over = new CompletableFuture<>();
    private final Deque<String> story = new ArrayDeque<>();
    private final long requestedAt = System.currentTimeMillis();
    private TaskListener log;
    private Phase phase = Phase.REQUESTED;
    private String reason;
    private String releaseReason;
    private long releasedAt;
    private String host;
    private String risk;
    private long phaseSince = requestedAt;
    private boolean unreachable;
    private long reachableSince = requestedAt;
    private boolean nodeAdded;
    private boolean waitingTold;
    private boolean announced;
    private String secretGivenTo;
    private String secretRefusedTo;
    private volatile PlannedNode planned;
    private volatile Label servedLabel;

    /** An agent that is asked for now. */
    MesosAgent(Plan.Agent plan, MesosSlaveInfo settings) {
        this.plan = plan;
        this.settings = settings;
        owned = false;
        name = plan.name();
        template = Util.fixNull(plan.template());
        image = plan.image();
        executors = plan.executors();
        singleUse = plan.singleUse();
        cpus = plan.cpus();
        mem = plan.mem();
    }

    /** An agent that Jenkins has had a node for since before the cloud was opened. */
    MesosAgent(MesosSlave node) {
        plan = null;
        settings = null;
        owned = true;
        name = node.getNodeName();
        template = Util.fixNull(node.getTemplateKey());
        image = node.getImage();
        executors = node.getNumExecutors();
        singleUse = node.isSingleUse();
        cpus = node.getCpus();
        mem = node.getMem();
        nodeAdded = true;
    }

    /** Completes when the agent is online; fails with the reason when it ended before. */
    CompletableFuture<Node> online() {
        return online;
    }

    /** It was asked for because builds wait, not because Jenkins's own provisioning said so. */
    void withoutDelay(Label forLabel) {
        servedLabel = forLabel;
        planned = new PlannedNode(name, settled, executors);
    }

    boolean isWithoutDelay() {
        return planned != null;
    }

    /** What stands for it where Jenkins counts what is coming; null if Jenkins's own provisioning asked for it. */
    PlannedNode planned() {
        return planned;
    }

    /** The label of the builds that it was asked for; null: none. */
    Label servedLabel() {
        return servedLabel;
    }

    /** True once, for the caller that tells Jenkins that it is coming. */
    synchronized boolean announce() {
        boolean first = !announced && !settled.isDone();
        announced = true;
        return first;
    }

    /** Completes, with null, when Jenkins has the node, or when the agent ended before. */
    CompletableFuture<Node> settled() {
        return settled;
    }

    /** Completes when its task is over: with state, reason and message. */
    CompletableFuture<String> over() {
        return over;
    }

    /** What there was to tell so far, the oldest first. */
    synchronized List<String> story() {
        return new ArrayList<>(story);
    }

    /** Writes to the agent's log, now or when it is opened. */
    synchronized void tell(long at, String line) {
        String stamped = "[" + TIME.format(Instant.ofEpochMilli(at)) + "] " + line;
        if (story.size() >= STORY_LINES) {
            story.removeFirst();
        }
        story.add(stamped);
        waitingTold = false;
        if (log != null) {
            log.getLogger().println(stamped);
        }
    }

    void tell(String line) {
        tell(System.currentTimeMillis(), line);
    }

    /** Why it waits: only the latest reason stays in the story, however long the agent waits. */
    synchronized void tellWaiting(long at, String why) {
        if (waitingTold) {
            story.removeLast();
        }
        tell(at, "Waiting: " + why);
        waitingTold = true;
    }

    /** The log of the computer was opened, and emptied by that: the story so far is written to it again. */
    synchronized void tellTo(TaskListener listener) {
        log = listener;
        story.forEach(line -> listener.getLogger().println(line));
    }

    /** Its secret was fetched, as it should be by its Mesos host. */
    synchronized void secretGiven(String to) {
        secretGivenTo = to;
        tell("Secret handed out to " + to + " after " + secondsSinceRequest() + " s");
    }

    /** The login for its image's registry was fetched, as it should be by its Mesos host. */
    synchronized void registryLoginGiven(String to) {
        tell("Registry login handed out to " + to + " after " + secondsSinceRequest() + " s");
    }

    /** Its secret was asked for again; true for the first such question, which is told. */
    synchronized boolean secretRefused(String to) {
        if (secretRefusedTo != null) {
            return false;
        }
        secretRefusedTo = to;
        tell(secretTrouble());
        return true;
    }

    /** That somebody asked for its secret when it was already handed out; null if nobody did. */
    synchronized String secretTrouble() {
        return secretRefusedTo == null
                ? null
                : "its secret was asked for again from " + secretRefusedTo
                        + " and refused, since it was already handed out"
                        + (secretGivenTo == null ? "" : " to " + secretGivenTo);
    }

    void nodeAdded() {
        synchronized (this) {
            nodeAdded = true;
        }
        settled.complete(null);
    }

    /** Whether Jenkins ought to have a node of this name. */
    synchronized boolean hasNode() {
        return nodeAdded;
    }

    /** True once, for the caller that may release the agent. */
    synchronized boolean release(String why) {
        if (phase == Phase.ENDED || releaseReason != null) {
            return false;
        }
        releaseReason = why;
        releasedAt = System.currentTimeMillis();
        return true;
    }

    synchronized String releaseReason() {
        return releaseReason;
    }

    synchronized boolean isReleased() {
        return releaseReason != null;
    }

    /** Since it was released; 0 if it was not. */
    synchronized long millisReleased() {
        return releaseReason == null ? 0 : System.currentTimeMillis() - releasedAt;
    }

    void enter(Phase next, String why) {
        synchronized (this) {
            if (phase != next) {
                phase = next;
                phaseSince = System.currentTimeMillis();
            }
            reason = why;
        }
        if (next == Phase.ENDED) {
            over.complete(Util.fixNull(why));
        }
    }

    synchronized Phase phase() {
        return phase;
    }

    /** Whether the master reaches its host, as Mesos told last. */
    synchronized void reachable(boolean reached) {
        if (unreachable && reached) {
            reachableSince = System.currentTimeMillis();
        }
        unreachable = !reached;
    }

    /** Mesos does not reach its host at the moment: for how long that may go on is for the native side to say. */
    synchronized boolean isUnreachable() {
        return unreachable;
    }

    /** How long it may have been expected to be connected: since it runs, and since its host came back if it was away. */
    synchronized long millisExpected() {
        return System.currentTimeMillis() - Math.max(phaseSince, reachableSince);
    }

    /** Unix milliseconds; of an owned agent, when the cloud was opened. */
    long requestedAt() {
        return requestedAt;
    }

    /** Since the agent was asked for, to a tenth of a second. */
    String secondsSinceRequest() {
        return String.format(Locale.ROOT, "%.1f", (System.currentTimeMillis() - requestedAt) / 1000.0);
    }

    synchronized void host(String found) {
        if (found != null) {
            host = found;
        }
    }

    synchronized String host() {
        return host;
    }

    synchronized void risk(String found) {
        risk = found;
    }

    /** What is planned for its host that its builds may not survive; null if there is nothing. */
    synchronized String risk() {
        return risk;
    }

    /** Why it waits, or why it ended; null if there is nothing to say. */
    synchronized String reason() {
        return reason;
    }
}
