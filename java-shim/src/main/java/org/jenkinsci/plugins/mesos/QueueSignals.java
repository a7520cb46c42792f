package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Queue.BuildableItem;
import hudson.model.Queue$LeftItem;
import hudson.model.queue.QueueListener;

/**
 * Today's Jenkins tells of its queue here, under the queue's lock: so it is only noted that there is something to do.
 */
@Extension(optional = true)
public final class QueueSignals extends QueueListener {
    @Override
    public void onEnterBuildable(BuildableItem item) {
        BuildableItems.entered(item, System.currentTimeMillis());
        Demand.signal();
    }

    @Override
    public void onLeaveBuildable(BuildableItem item) {
        BuildableItems.left(item, System.currentTimeMillis());
        Demand.signal();
    }

    @Override
    public void onLeft(Queue$LeftItem item) {
        Demand.signal();
    }
}
