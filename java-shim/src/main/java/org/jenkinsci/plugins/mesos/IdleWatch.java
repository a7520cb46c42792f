package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.PeriodicWork;
import java.util.concurrent.TimeUnit;
import jenkins.model.Jenkins;

/**
 * Every ten seconds: ends agents that are idle for long enough, take no further build or never came, releases tasks
 * whose node is gone by whatever way, and looks whether clouds must be opened or closed.
 */
@Extension
public class IdleWatch extends PeriodicWork {
    /** How long the end of a released task is waited for if its agent is not connected. */
    private static final long END_MILLIS = TimeUnit.MINUTES.toMillis(1);

    @Override
    public long getRecurrencePeriod() {
        return TimeUnit.SECONDS.toMillis(10);
    }

    @Override
    public long getInitialDelay() {
        return getRecurrencePeriod();
    }

    @Override
    protected void doRun() {
        MesosFrameworks.reconcileSoon();
        for (MesosFramework framework : MesosFrameworks.all()) {
            for (MesosAgent agent : framework.agents()) {
                look(framework, agent);
            }
        }
    }

    private static void look(MesosFramework framework, MesosAgent agent) {
        if (!agent.hasNode()) {
            return;
        }
        if (agent.isReleased()) {
            removeIfDead(agent);
            return;
        }
        if (!(Jenkins.get().getNode(agent.name) instanceof MesosSlave node)) {
            framework.release(agent.name, Messages.MesosSlave_deleted());
            return;
        }
        if (!(node.toComputer() instanceof MesosComputer computer)) {
            return;
        }
        long now = System.currentTimeMillis();
        if (node.isFull(now) && !computer.hasWork() && !computer.isAwaited(node)) {
            AgentEnd.soon(node, node.fullBecause(now));
        } else if (computer.isOnline()) {
            endIfIdle(node, computer);
        } else if (agent.phase() == MesosAgent.Phase.RUNNING
                && !agent.isUnreachable()
                && computer.isOffline()
                && !computer.isTemporarilyOffline()
                && computer.getChannel() == null) {
            long away = Math.min(agent.millisExpected(), computer.awayMillis());
            if (away >= MesosFramework.ONLINE_TIMEOUT_MILLIS) {
                AgentEnd.soon(node, "the agent has not connected for " + away / 60_000
                        + " minutes although its task runs; look at the task's stdout and stderr in Mesos and check"
                        + " that its host reaches the Jenkins URL");
            }
        }
    }

    /**
     * Mesos may never tell the end of a task whose host is gone. A connected agent would come back without its node.
     */
    private static void removeIfDead(MesosAgent agent) {
        if (agent.millisReleased() >= END_MILLIS
                && Jenkins.get().getNode(agent.name) instanceof MesosSlave node
                && (node.toComputer() == null || node.getChannel() == null)) {
            AgentNodes.remove(agent.name, agent.releaseReason());
        }
    }

    private static void endIfIdle(MesosSlave node, MesosComputer computer) {
        int minutes = node.getIdleTerminationMinutes();
        if (!computer.hasWork() && MesosComputer.isIdleFor(computer.idleMillis(), minutes)) {
            AgentEnd.ifIdle(node, computer, "idle for " + minutes + (minutes == 1 ? " minute" : " minutes"));
        }
    }
}
