package hudson.slaves;

/** See {@link NodeProvisioner$Strategy}. */
public enum NodeProvisioner$StrategyDecision {
    CONSULT_REMAINING_STRATEGIES,
    PROVISIONING_COMPLETED
}
