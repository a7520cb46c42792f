package hudson.slaves;

import hudson.model.Label;
import java.util.Collection;

/** See {@link NodeProvisioner$Strategy}. */
public final class NodeProvisioner$StrategyState {
    private NodeProvisioner$StrategyState() {}

    public native Label getLabel();

    public native void recordPendingLaunches(Collection<NodeProvisioner.PlannedNode> planned);
}
