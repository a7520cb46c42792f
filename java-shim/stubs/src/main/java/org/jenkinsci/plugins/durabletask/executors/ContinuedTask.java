package org.jenkinsci.plugins.durabletask.executors;

import hudson.model.Queue;

/** A task that can go on after a restart of Jenkins, as a Pipeline does; of the plugin durable-task. */
public interface ContinuedTask extends Queue.Task {
    boolean isContinued();
}
