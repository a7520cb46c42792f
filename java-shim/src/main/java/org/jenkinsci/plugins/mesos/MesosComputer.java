package org.jenkinsci.plugins.mesos;

import hudson.FilePath;
import hudson.model.Executor;
import hudson.model.Queue;
import hudson.model.queue.WorkUnit;
import hudson.slaves.AbstractCloudComputer;
import hudson.slaves.OfflineCause;
import hudson.slaves.WorkspaceList;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import jenkins.model.Jenkins;
import org.jvnet.localizer.Localizable;

/** The live side of a {@link MesosSlave}. */
public class MesosComputer extends AbstractCloudComputer<MesosSlave> {
    /** How long an agent is kept for a build that may come back to it after a restart of Jenkins. */
    static final long RETURN_MILLIS = TimeUnit.MINUTES.toMillis(5);

    private final String name;
    private final String cloudId;
    private final long madeAt = System.currentTimeMillis();

    /** Executors whose task has begun; the others that have a task are about to begin it. */
    private final Set<Executor> begun = ConcurrentHashMap.newKeySet();

    private volatile MesosAgent agent;

    /** Why the queue is to give it no further build; null if it may. */
    private volatile String refusal;

    /** Completes with the end of the connection that it has or had last. */
    private volatile CompletableFuture<Void> connection = CompletableFuture.completedFuture(null);

    private volatile long onlineSince;
    private volatile long offlineSince = System.currentTimeMillis();

    MesosComputer(MesosSlave node) {
        super(node);
        name = node.getNodeName();
        cloudId = node.getCloudId();
    }

    /** The computer that holds this folder, or null if it is none of ours. */
    static MesosComputer of(FilePath folder) {
        if (folder != null && folder.getChannel() != null) {
            for (MesosSlave node : AgentNodes.all()) {
                if (node.toComputer() instanceof MesosComputer ours && ours.getChannel() == folder.getChannel()) {
                    return ours;
                }
            }
        }
        return null;
    }

    String cloudId() {
        return cloudId;
    }

    String agentName() {
        return name;
    }

    /** What is known of its way from Mesos, also when it is over; null if its cloud was not open since it was made. */
    MesosAgent agent() {
        MesosAgent found = MesosFrameworks.agent(cloudId, name);
        if (found != null && found != agent) {
            agent = found;
            found.over().thenRunAsync(() -> BuildLog.tellLoss(this), threadPoolForRemoting);
        }
        return agent;
    }

    /** For its page; null if the node is gone. */
    public AgentPage getMesos() {
        return AgentPage.of(this);
    }

    void wentOnline() {
        connection = new CompletableFuture<>();
        onlineSince = System.currentTimeMillis();
        agent();
    }

    void wentOffline() {
        offlineSince = System.currentTimeMillis();
        connection.complete(null);
    }

    /** Completes when its connection has ended; the caller's own, so that it may be given a limit. */
    CompletableFuture<Void> disconnected() {
        return getChannel() == null ? CompletableFuture.completedFuture(null) : connection.copy();
    }

    /** Unix milliseconds; 0 if it has not been online. */
    long onlineSince() {
        return onlineSince;
    }

    /** Milliseconds for which it has been online without a build. */
    long idleMillis() {
        return System.currentTimeMillis() - Math.max(onlineSince, getIdleStartMilliseconds());
    }

    /** Milliseconds since its connection ended, or since the computer was made if it never had one. */
    long awayMillis() {
        return System.currentTimeMillis() - offlineSince;
    }

    /** Where the agents of a cloud share their root folder, they share the list of the workspaces in it too. */
    @Override
    public WorkspaceList getWorkspaceList() {
        WorkspaceList shared = SharedWorkspaces.of(cloudId);
        return shared == null ? super.getWorkspaceList() : shared;
    }

    /**
     * A task was given to one of its executors and is about to begin. A build that goes on after a restart had begun
     * before.
     */
    @Override
    public void taskAccepted(Executor executor, Queue.Task task) {
        super.taskAccepted(executor, task);
        MesosSlave node = getNode();
        MesosAgent known = agent();
        MesosFramework framework = MesosFrameworks.find(cloudId);
        if (framework != null && known != null && node != null && !known.online().isDone()) {
            // the queue may give it a build before the listeners hear of its connection
            framework.online(known, node);
        }
        if (node != null && !ContinuedTasks.goesOn(task) && !SingleUse.needsNoAgent(task)) {
            node.buildBegins(SingleUse.wantsFresh(task), ContinuedTasks.mayGoOn(task));
            if (node.isFull(System.currentTimeMillis())) {
                setAcceptingTasks(false);
            }
        }
        begun.add(executor);
    }

    @Override
    public void taskCompleted(Executor executor, Queue.Task task, long durationMillis) {
        super.taskCompleted(executor, task, durationMillis);
        over(executor);
    }

    @Override
    public void taskCompletedWithProblems(Executor executor, Queue.Task task, long durationMillis, Throwable problems) {
        super.taskCompletedWithProblems(executor, task, durationMillis, problems);
        over(executor);
    }

    /** An agent that takes no further build ends with its last one. */
    private void over(Executor executor) {
        begun.remove(executor);
        MesosSlave node = getNode();
        long now = System.currentTimeMillis();
        if (node != null
                && node.isFull(now)
                && !hasWorkBeside(executor)
                && (node.isSingleUse() || !isAwaited(node))) {
            AgentEnd.soon(node, node.fullBecause(now));
        }
    }

    /** Whether a build that it had before a restart of Jenkins may still come back. */
    boolean isAwaited(MesosSlave node) {
        return node.isComingBack()
                && (System.currentTimeMillis() - madeAt < RETURN_MILLIS || SingleUse.isAwaited(name));
    }

    /** Why it refuses builds although it may still be accepting tasks; null if it does not. */
    String refusal() {
        return refusal;
    }

    /** Whether Mesos reaches its host no more, and for how long the agent is kept then; null if it does. */
    Localizable unreachable() {
        MesosAgent known = agent();
        MesosFramework framework = MesosFrameworks.find(cloudId);
        return known == null || framework == null || !known.isUnreachable()
                ? null
                : Messages._MesosComputer_unreachable(known.host(), framework.cloud().getUnreachableTimeout());
    }

    /** The queue chooses it for no further build; a build that it was chosen for may still come. */
    void refuseBuilds(String why) {
        refusal = why;
    }

    /** Takes back {@link #refuseBuilds}. */
    void allowBuilds() {
        refusal = null;
    }

    /** The build that it has wants it for itself from now on. */
    void takeNoMore() {
        MesosSlave node = getNode();
        if (node == null || node.isUsed()) {
            return;
        }
        refuseBuilds(Messages.MesosSlave_used());
        if (countIdle() > 0) {
            QueueLooks.finish();
        }
        setAcceptingTasks(false);
        node.takeNoMore();
    }

    /**
     * Also false when it has had its last build, so that nobody counts on its free executors. What makes it so changes
     * under the lock of the queue only; that it is too old is no such thing, and told by its refusal.
     */
    @Override
    public boolean isAcceptingTasks() {
        MesosSlave node = getNode();
        return super.isAcceptingTasks() && (node == null || node.isComingBack() || !node.isUsedUp());
    }

    /** Whether it has any task. */
    boolean hasWork() {
        return hasWorkBeside(null);
    }

    private boolean hasWorkBeside(Executor executor) {
        for (Executor each : allExecutors()) {
            if (each != executor && (each.isBusy() || each.getCurrentWorkUnit() != null)) {
                return true;
            }
        }
        return false;
    }

    private List<Executor> allExecutors() {
        List<Executor> all = new ArrayList<>(getExecutors());
        all.addAll(getOneOffExecutors());
        return all;
    }

    /** How many tasks it was given that have not begun. */
    int beginning() {
        int count = 0;
        for (Executor each : allExecutors()) {
            if (each.getCurrentWorkUnit() != null && !begun.contains(each)) {
                count++;
            }
        }
        return count;
    }

    /**
     * How many builds it would still take now.
     *
     * @param now Unix milliseconds
     */
    int mostBuilds(MesosSlave node, long now) {
        if (refusal != null
                || unreachable() != null
                || node.isFull(now)
                || isHeldAlone()
                || node.isSingleUse() && hasWork()) {
            return 0;
        }
        int limit = node.getMaxBuilds();
        return limit > 0 ? Math.max(0, limit - node.getBuilds() - beginning()) : Integer.MAX_VALUE;
    }

    /** Whether one of its tasks wants it for itself. */
    boolean isHeldAlone() {
        for (Executor each : allExecutors()) {
            WorkUnit work = each.getCurrentWorkUnit();
            if (work != null && SingleUse.wantsFresh(work.context.task)) {
                return true;
            }
        }
        return false;
    }

    /**
     * While Mesos looks for a place that is the reason, not a failed launch; and when the task is over that is it, not
     * that the node is removed for it.
     */
    @Override
    public OfflineCause getOfflineCause() {
        MesosAgent known = agent();
        if (known == null || isTemporarilyOffline() || getChannel() != null) {
            return super.getOfflineCause();
        }
        if (known.over().isDone()) {
            return AgentNodes.cause(known.reason());
        }
        Localizable unreachable = unreachable();
        if (unreachable != null && !known.isReleased()) {
            return OfflineCause.create(unreachable);
        }
        if (known.isReleased() || onlineSince > 0) {
            return super.getOfflineCause();
        }
        return OfflineCause.create(Messages._MesosComputer_waiting(MesosFramework.describe(known)));
    }

    /** Called when the node is gone, in whatever way, and also when Jenkins stops: then the task shall live on. */
    @Override
    protected void kill() {
        super.kill();
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (jenkins != null && jenkins.getNode(name) == null) {
            MesosFrameworks.release(cloudId, name, Messages.MesosSlave_deleted());
        }
    }

    /**
     * Ends it if it was made for a node that had been removed before; one that was there before has no executors now.
     */
    void endIfRevived() {
        if (getNode() == null && getNumExecutors() > 0) {
            kill();
        }
    }

    /** Idle minutes as milliseconds; 0 is never. */
    static boolean isIdleFor(long idleMillis, int minutes) {
        return minutes > 0 && idleMillis >= TimeUnit.MINUTES.toMillis(minutes);
    }
}
