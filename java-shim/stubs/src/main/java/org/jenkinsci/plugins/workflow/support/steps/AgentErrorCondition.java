package org.jenkinsci.plugins.workflow.support.steps;

import java.io.IOException;
import org.jenkinsci.plugins.workflow.flow.ErrorCondition;
import org.jenkinsci.plugins.workflow.steps.StepContext;

public final class AgentErrorCondition extends ErrorCondition {
    private static final long serialVersionUID = 1L;

    @Override
    public native boolean test(Throwable t, StepContext context) throws IOException, InterruptedException;

    public interface Retryable {}
}
