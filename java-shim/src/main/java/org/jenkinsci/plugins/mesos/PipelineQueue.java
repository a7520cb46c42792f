package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Queue.BuildableItem;
import hudson.model.queue.QueueListener;
import org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution.PlaceholderTask;

/** Sees the {@code node} steps of Pipelines come into the queue and leave it. Called under the queue's lock. */
@Extension(optional = true)
public final class PipelineQueue extends QueueListener {
    @Override
    public void onEnterBuildable(BuildableItem item) {
        if (HostTypes.PIPELINES && (Object) item.task instanceof PlaceholderTask task) {
            PipelineStories.begin(task);
        }
    }

    @Override
    public void onLeaveBuildable(BuildableItem item) {
        if (HostTypes.PIPELINES && (Object) item.task instanceof PlaceholderTask task) {
            PipelineStories.end(task);
        }
    }
}
