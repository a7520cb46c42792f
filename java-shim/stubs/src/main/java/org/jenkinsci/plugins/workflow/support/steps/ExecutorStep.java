package org.jenkinsci.plugins.workflow.support.steps;

import java.io.Serializable;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.jenkinsci.plugins.workflow.steps.StepExecution;

public final class ExecutorStep extends Step implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The stub's body is there for the compiler only. */
    public ExecutorStep(String label) {
        throw new UnsupportedOperationException();
    }

    @Override
    public native StepExecution start(StepContext context) throws Exception;

    public static final class DescriptorImpl extends StepDescriptor {
        @Override
        public native String getFunctionName();

        @Override
        public native String getDisplayName();

        @Override
        public native boolean takesImplicitBlockArgument();

        @Override
        public native Set<? extends Class<?>> getRequiredContext();

        @Override
        public native Set<? extends Class<?>> getProvidedContext();
    }
}
