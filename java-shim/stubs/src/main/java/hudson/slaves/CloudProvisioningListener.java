package hudson.slaves;

import hudson.ExtensionList;
import hudson.ExtensionPoint;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.queue.CauseOfBlockage;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.util.Collection;

public abstract class CloudProvisioningListener implements ExtensionPoint {
    public CauseOfBlockage canProvision(Cloud cloud, Cloud$CloudState state, int executors) {
        return null;
    }

    public void onStarted(Cloud cloud, Label label, Collection<PlannedNode> planned) {}

    public void onComplete(PlannedNode planned, Node node) {}

    public void onCommit(PlannedNode planned, Node node) {}

    public void onFailure(PlannedNode planned, Throwable reason) {}

    public static ExtensionList<CloudProvisioningListener> all() {
        throw new UnsupportedOperationException();
    }
}
