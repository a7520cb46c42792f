package org.jenkinsci.plugins.mesos;

import hudson.slaves.RetentionStrategy;
import hudson.slaves.SlaveComputer;

/**
 * Launches the agent and keeps it until it is idle for long enough. That is watched by {@link IdleWatch}, since Jenkins
 * asks a strategy once a minute only.
 */
public class MesosRetentionStrategy extends RetentionStrategy<SlaveComputer> {
    private final int idleTerminationMinutes;

    /** @param idleTerminationMinutes 0: never */
    public MesosRetentionStrategy(int idleTerminationMinutes) {
        this.idleTerminationMinutes = idleTerminationMinutes;
    }

    public int getIdleTerminationMinutes() {
        return idleTerminationMinutes;
    }

    @Override
    public void start(SlaveComputer computer) {
        computer.connect(false);
    }

    @Override
    public long check(SlaveComputer computer) {
        return 1;
    }
}
