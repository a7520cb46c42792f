package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import java.io.IOException;
import org.jenkinsci.Symbol;
import org.jenkinsci.plugins.workflow.actions.ErrorAction;
import org.jenkinsci.plugins.workflow.actions.WorkspaceAction;
import org.jenkinsci.plugins.workflow.flow.ErrorCondition;
import org.jenkinsci.plugins.workflow.flow.FlowExecution;
import org.jenkinsci.plugins.workflow.graph.BlockStartNode;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.support.steps.AgentErrorCondition;
import org.kohsuke.stapler.DataBoundConstructor;

/**
 * {@code retry(count: 2, conditions: [mesosAgent(), nonresumable()]) { … }}: again, if the Mesos agent was lost under
 * the body; not for errors of the body itself, nor for an agent that a person deleted.
 */
public final class MesosAgentCondition extends ErrorCondition {
    private static final long serialVersionUID = 1L;

    @DataBoundConstructor
    public MesosAgentCondition() {}

    @Override
    public boolean test(Throwable error, StepContext context) throws IOException, InterruptedException {
        if (error instanceof FlowInterruptedException interrupted
                && interrupted.getCauses().stream().anyMatch(MesosAgentLost.class::isInstance)) {
            return true;
        }
        // a step can see its connection break before Mesos tells what became of the task
        return new AgentErrorCondition().test(error, context) && LostAgents.isLost(agentOf(error, context));
    }

    /** The agent that the step which failed ran on, or null. */
    private static String agentOf(Throwable error, StepContext context) throws IOException, InterruptedException {
        FlowExecution flow = context.get(FlowExecution.class);
        FlowNode origin = flow == null ? null : ErrorAction.findOrigin(error, flow);
        if (origin == null) {
            return null;
        }
        for (BlockStartNode block : origin.iterateEnclosingBlocks()) {
            WorkspaceAction workspace = block.getAction(WorkspaceAction.class);
            if (workspace != null) {
                return workspace.getNode();
            }
        }
        return null;
    }

    @Symbol("mesosAgent")
    @Extension(optional = true)
    public static final class DescriptorImpl extends ErrorConditionDescriptor {
        @Override
        public String getDisplayName() {
            return Messages.MesosAgentCondition_displayName();
        }
    }
}
