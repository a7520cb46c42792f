package org.jenkinsci.plugins.mesos;

import jenkins.model.CauseOfInterruption;
import org.jenkinsci.plugins.workflow.support.steps.AgentErrorCondition;

/**
 * Why the part of a Pipeline that ran on a Mesos agent was ended: the agent's task was over. Kept with the build. Also
 * {@code retry(conditions: [agent()])} knows it.
 */
public final class MesosAgentLost extends CauseOfInterruption implements AgentErrorCondition.Retryable {
    private static final long serialVersionUID = 1L;

    private final String agent;
    private final String event;

    MesosAgentLost(String agent, String event) {
        this.agent = agent;
        this.event = event;
    }

    @Override
    public String getShortDescription() {
        return Messages.MesosAgentLost_description(agent, event);
    }

    // Pipelines compare causes by their description where the same error is met again after a restart.

    @Override
    public boolean equals(Object other) {
        return other instanceof MesosAgentLost lost && agent.equals(lost.agent) && event.equals(lost.event);
    }

    @Override
    public int hashCode() {
        return agent.hashCode();
    }
}
