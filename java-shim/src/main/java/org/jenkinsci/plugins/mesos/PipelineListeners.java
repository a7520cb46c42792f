package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.PeriodicWork;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.model.listeners.RunListener;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jenkinsci.plugins.workflow.flow.GraphListener;
import org.jenkinsci.plugins.workflow.graph.BlockEndNode;
import org.jenkinsci.plugins.workflow.graph.FlowNode;

/** Removes the templates of Pipelines: with the step, with the build, and if neither was told, some time later. */
public final class PipelineListeners {
    private static final Logger LOGGER = Logger.getLogger(PipelineListeners.class.getName());

    private PipelineListeners() {}

    /** The end of a build, or of what is left of it. */
    @Extension
    @SuppressWarnings("rawtypes")
    public static final class Builds extends RunListener<Run> {
        public Builds() {
            super(Run.class);
        }

        @Override
        public void onCompleted(Run build, TaskListener listener) {
            over(build);
        }

        @Override
        public void onDeleted(Run build) {
            over(build);
        }

        private static void over(Run<?, ?> build) {
            if (!PipelineTemplates.isEmpty()) {
                PipelineTemplates.removeOfBuild(build.getExternalizableId());
            }
        }
    }

    /** What is left of the agents. */
    @Extension
    public static final class Agents extends PeriodicWork {
        @Override
        public long getRecurrencePeriod() {
            return TimeUnit.SECONDS.toMillis(10);
        }

        @Override
        protected void doRun() {
            PipelineLeftovers.end();
        }
    }

    /** A build can be lost without a word, with a job's folder for instance. */
    @Extension
    public static final class Sweep extends PeriodicWork {
        @Override
        public long getRecurrencePeriod() {
            return TimeUnit.MINUTES.toMillis(5);
        }

        @Override
        protected void doRun() {
            PipelineTemplates.removeOfEndedBuilds();
        }
    }

    /** The end of a step. */
    @Extension(optional = true)
    public static final class Steps implements GraphListener {
        @Override
        public void onNewHead(FlowNode node) {
            if (node instanceof BlockEndNode<?> end && !PipelineTemplates.isEmpty()) {
                over(end);
            }
        }

        private static void over(BlockEndNode<?> end) {
            try {
                if (end.getExecution().getOwner().getExecutable() instanceof Run<?, ?> build) {
                    PipelineTemplates.removeOfStep(
                            build.getExternalizableId(), end.getStartNode().getId());
                }
            } catch (IOException e) {
                // the end of the build, or the sweep, removes it
                LOGGER.log(Level.FINE, "a step of an unknown build has ended", e);
            }
        }
    }
}
