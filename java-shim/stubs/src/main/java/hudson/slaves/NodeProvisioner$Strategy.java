package hudson.slaves;

import hudson.ExtensionPoint;

/** A nested class of today's {@code NodeProvisioner}; it can be written only like this, since the old one lacks it. */
public abstract class NodeProvisioner$Strategy implements ExtensionPoint {
    public NodeProvisioner$Strategy() {}

    public abstract NodeProvisioner$StrategyDecision apply(NodeProvisioner$StrategyState state);
}
