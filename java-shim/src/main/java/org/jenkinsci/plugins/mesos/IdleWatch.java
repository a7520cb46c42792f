package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Computer;
import hudson.model.PeriodicWork;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * Every ten seconds: ends agents that are idle for long enough or never came, releases tasks whose node is gone by
 * whatever way, and looks whether clouds must be opened or closed.
 */
@Extension
public class IdleWatch extends PeriodicWork {
    private static final Logger LOGGER = Logger.getLogger(IdleWatch.class.getName());

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
        if (agent.isReleased() || !agent.hasNode()) {
            return;
        }
        if (!(Jenkins.get().getNode(agent.name) instanceof MesosSlave node)) {
            framework.release(agent.name, Messages.MesosSlave_deleted());
            return;
        }
        if (!(node.toComputer() instanceof MesosComputer computer)) {
            return;
        }
        if (computer.isOnline()) {
            endIfIdle(node, computer);
        } else if (agent.phase() == MesosAgent.Phase.RUNNING
                && computer.isOffline()
                && !computer.isTemporarilyOffline()
                && computer.getChannel() == null) {
            long away = Math.min(agent.millisInPhase(), computer.awayMillis());
            if (away >= MesosFramework.ONLINE_TIMEOUT_MILLIS) {
                end(framework.cloudId, node, "the agent has not connected for " + away / 60_000
                        + " minutes although its task runs; look at the task's stdout and stderr in Mesos and check"
                        + " that its host reaches the Jenkins URL");
            }
        }
    }

    private static void endIfIdle(MesosSlave node, MesosComputer computer) {
        int minutes = node.getIdleTerminationMinutes();
        if (!computer.isIdle() || !MesosComputer.isIdleFor(computer.idleMillis(), minutes)) {
            return;
        }
        // a build may be given to it between the look and the end
        computer.setAcceptingTasks(false);
        if (computer.isIdle()) {
            end(computer.cloudId(), node, "idle for " + minutes + (minutes == 1 ? " minute" : " minutes"));
        } else {
            computer.setAcceptingTasks(true);
        }
    }

    private static void end(String cloudId, MesosSlave node, String why) {
        Computer.threadPoolForRemoting.submit(() -> {
            MesosFrameworks.release(cloudId, node.getNodeName(), why);
            try {
                node.terminate();
            } catch (IOException e) {
                LOGGER.log(Level.WARNING, "cannot remove the node " + node.getNodeName(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
