package hudson.model.queue;

import hudson.ExtensionPoint;
import hudson.model.Queue.BuildableItem;
import hudson.model.Queue.WaitingItem;
import hudson.model.Queue$LeftItem;

public abstract class QueueListener implements ExtensionPoint {
    public QueueListener() {}

    public void onEnterWaiting(WaitingItem item) {}

    public void onEnterBuildable(BuildableItem item) {}

    public void onLeaveBuildable(BuildableItem item) {}

    public void onLeft(Queue$LeftItem item) {}
}
