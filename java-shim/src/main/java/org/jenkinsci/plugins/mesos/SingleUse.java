package org.jenkinsci.plugins.mesos;

import hudson.model.BuildableItemWithBuildWrappers;
import hudson.model.Item;
import hudson.model.Label;
import hudson.model.Queue;
import hudson.tasks.BuildWrapper;

/** Which tasks of the queue take an agent for themselves, and which are builds at all. */
public final class SingleUse {
    private SingleUse() {}

    /**
     * Whether the job has the option "Mesos Single-Use Slave", so that its build is to get an agent that has had no
     * build before and shares it with none. False for a Pipeline: it says so while it runs.
     */
    public static boolean wantsFresh(Queue.Task task) {
        return hasOption(task)
                // a matrix child's options are those of the job it belongs to
                || task instanceof Item item && hasOption(item.getParent());
    }

    private static boolean hasOption(Object job) {
        if (job instanceof BuildableItemWithBuildWrappers wrapped) {
            for (BuildWrapper each : wrapped.getBuildWrappersList()) {
                if (each instanceof MesosSingleUseSlave) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Whether the task only looks after other builds, as a Pipeline's own line and the parent of matrix builds do, and
     * names no label: such a one needs no agent of Mesos. One that names a label is served as any build is; it would
     * wait for ever otherwise.
     */
    static boolean needsNoAgent(Queue.Task task) {
        return task instanceof Queue.FlyweightTask && task.getAssignedLabel() == null;
    }

    /** Whether a build that began before a restart of Jenkins waits in the queue for the agent of this name. */
    static boolean isAwaited(String agent) {
        for (Queue.Item item : Queue.getInstance().getItems()) {
            if (ContinuedTasks.goesOn(item.task)) {
                Label label = item.task.getAssignedLabel();
                if (label != null && label.getName().equals(agent)) {
                    return true;
                }
            }
        }
        return false;
    }
}
