package org.jenkinsci.plugins.mesos;

import hudson.model.Queue;
import org.jenkinsci.plugins.durabletask.executors.ContinuedTask;

/** Builds that go on after a restart of Jenkins, as Pipelines do. What tells so is not in every host. */
final class ContinuedTasks {
    private static final boolean THERE = isThere("org.jenkinsci.plugins.durabletask.executors.ContinuedTask");

    private ContinuedTasks() {}

    private static boolean isThere(String type) {
        try {
            Class.forName(type, false, ContinuedTasks.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Whether the task will come back to its agent if Jenkins is restarted before its end. */
    static boolean mayGoOn(Queue.Task task) {
        return THERE && Type.mayGoOn(task);
    }

    /** Whether the task began before a restart of Jenkins and goes on now, on the agent that it had. */
    static boolean goesOn(Queue.Task task) {
        return THERE && Type.goesOn(task);
    }

    /** A class of its own, since the type it refers to is not in every host. */
    private static final class Type {
        static boolean mayGoOn(Queue.Task task) {
            return task instanceof ContinuedTask;
        }

        static boolean goesOn(Queue.Task task) {
            return task instanceof ContinuedTask continued && continued.isContinued();
        }
    }
}
