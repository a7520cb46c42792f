package org.jenkinsci.plugins.workflow.support.steps;

import hudson.model.Label;
import hudson.model.Run;
import java.io.IOException;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.steps.StepExecution;

public abstract class ExecutorStepExecution extends StepExecution {
    private static final long serialVersionUID = 1L;

    /** A {@code Queue.Task}; its many members are left out, so it is not final here. */
    public abstract static class PlaceholderTask {
        public native FlowNode getNode() throws IOException, InterruptedException;

        public native Label getAssignedLabel();

        public native Run<?, ?> runForDisplay();
    }
}
