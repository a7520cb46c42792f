package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Label;
import hudson.slaves.NodeProvisioner$Strategy;
import hudson.slaves.NodeProvisioner$StrategyDecision;
import hudson.slaves.NodeProvisioner$StrategyState;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.util.List;

/**
 * Keeps Jenkins's own provisioning from asking for what {@link Demand} asks for: it is told of the agents that are
 * coming, and is left alone with what no Mesos cloud takes.
 */
@Extension(ordinal = 100, optional = true)
public final class NoDelayStrategy extends NodeProvisioner$Strategy {
    @Override
    public NodeProvisioner$StrategyDecision apply(NodeProvisioner$StrategyState state) {
        Label label = state.getLabel();
        if (!Demand.isFor(label)) {
            return NodeProvisioner$StrategyDecision.CONSULT_REMAINING_STRATEGIES;
        }
        Demand.signal();
        List<PlannedNode> coming = Demand.newlyRequested(label);
        if (!coming.isEmpty()) {
            state.recordPendingLaunches(coming);
        }
        return Demand.isHeld(label)
                ? NodeProvisioner$StrategyDecision.CONSULT_REMAINING_STRATEGIES
                : NodeProvisioner$StrategyDecision.PROVISIONING_COMPLETED;
    }
}
