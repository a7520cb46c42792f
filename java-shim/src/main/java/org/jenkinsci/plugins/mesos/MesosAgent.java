package org.jenkinsci.plugins.mesos;

import hudson.model.Node;
import hudson.model.TaskListener;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * What is known of one agent, from the request to the end of its task: for its log, its offline cause, and the planned
 * node that Jenkins waits for. Not persisted; after a restart it begins with what Mesos still knows.
 */
final class MesosAgent {
    /** Where an agent stands; the order is that of its life. */
    enum Phase {
        PLANNED,
        REQUESTED,
        ACCEPTED,
        RUNNING,
        ENDED
    }

    /** The log begins and ends with what matters; repeated reasons in between may be dropped. */
    private static final int STORY_LINES = 200;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    final String name;
    final String label;
    final int executors;

    /** True: the node was there before the cloud was opened, so it must not be asked for again. */
    final boolean owned;

    private final CompletableFuture<Node> online = new CompletableFuture<>();
    private final Deque<String> story = new ArrayDeque<>();
    private final long plannedAt = System.currentTimeMillis();
    private TaskListener log;
    private Phase phase;
    private String reason;
    private String releaseReason;
    private String host;
    private long phaseSince = plannedAt;
    private boolean nodeAdded;

    MesosAgent(String name, String label, int executors, boolean owned) {
        this.name = name;
        this.label = label;
        this.executors = executors;
        this.owned = owned;
        this.phase = owned ? Phase.REQUESTED : Phase.PLANNED;
        this.nodeAdded = owned;
    }

    /** Completes when the agent is online; fails with the reason when it ended before. */
    CompletableFuture<Node> online() {
        return online;
    }

    /** Writes to the agent's log, now or when it is opened. */
    synchronized void tell(long at, String line) {
        String stamped = "[" + TIME.format(Instant.ofEpochMilli(at)) + "] " + line;
        if (story.size() >= STORY_LINES) {
            story.removeFirst();
        }
        story.add(stamped);
        if (log != null) {
            log.getLogger().println(stamped);
        }
    }

    void tell(String line) {
        tell(System.currentTimeMillis(), line);
    }

    /** The log of the computer was opened, and emptied by that: the story so far is written to it again. */
    synchronized void tellTo(TaskListener listener) {
        log = listener;
        story.forEach(line -> listener.getLogger().println(line));
    }

    synchronized void nodeAdded() {
        nodeAdded = true;
    }

    /** Whether Jenkins ought to have a node of this name. */
    synchronized boolean hasNode() {
        return nodeAdded;
    }

    /** True once, for the caller that may ask for the agent. */
    synchronized boolean request() {
        if (phase != Phase.PLANNED || releaseReason != null) {
            return false;
        }
        enter(Phase.REQUESTED, null);
        return true;
    }

    /** True once, for the caller that may release the agent. */
    synchronized boolean release(String why) {
        if (phase == Phase.ENDED || releaseReason != null) {
            return false;
        }
        releaseReason = why;
        return true;
    }

    synchronized boolean isReleased() {
        return releaseReason != null;
    }

    synchronized String releaseReason() {
        return releaseReason;
    }

    synchronized void enter(Phase next, String why) {
        if (phase != next) {
            phase = next;
            phaseSince = System.currentTimeMillis();
        }
        reason = why;
    }

    synchronized Phase phase() {
        return phase;
    }

    synchronized long millisInPhase() {
        return System.currentTimeMillis() - phaseSince;
    }

    /** Since the agent was planned, to a tenth of a second. */
    String secondsSincePlanned() {
        return String.format(Locale.ROOT, "%.1f", (System.currentTimeMillis() - plannedAt) / 1000.0);
    }

    synchronized void host(String found) {
        if (found != null) {
            host = found;
        }
    }

    synchronized String host() {
        return host;
    }

    /** Why it waits, or why it ended; null if there is nothing to say. */
    synchronized String reason() {
        return reason;
    }
}
