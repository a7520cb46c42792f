package org.jenkinsci.plugins.mesos;

import com.google.common.util.concurrent.ListenableFuture;
import hudson.model.Computer;
import hudson.model.Executor;
import hudson.model.Queue;
import hudson.model.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution.PlaceholderTask;

/**
 * Ends at once what Pipelines ran on a lost agent, with the reason. Left alone a Pipeline waits for the agent to come
 * back, five minutes long and without knowing why it went.
 */
final class PipelineInterruption {
    private static final Logger LOGGER = Logger.getLogger(PipelineInterruption.class.getName());

    private PipelineInterruption() {}

    /** Needs the Pipeline plugins. */
    static void lost(String agent, String event) {
        Computer computer = Jenkins.get().getComputer(agent);
        if (computer == null) {
            return;
        }
        for (FlowNode node : nodeSteps(computer)) {
            ListenableFuture<List<StepExecution>> running = node.getExecution().getCurrentExecutions(true);
            running.addListener(() -> stop(node, running, agent, event), Computer.threadPoolForRemoting);
        }
    }

    /** The {@code node} steps of Pipelines that have an executor of this computer. */
    private static List<FlowNode> nodeSteps(Computer computer) {
        List<FlowNode> steps = new ArrayList<>();
        for (Executor executor : computer.getExecutors()) {
            Queue.Executable executable = executor.getCurrentExecutable();
            if (executable != null && (Object) executable.getParent() instanceof PlaceholderTask task) {
                try {
                    FlowNode node = task.getNode();
                    if (node != null) {
                        steps.add(node);
                    }
                } catch (IOException e) {
                    LOGGER.log(Level.WARNING, "cannot find what ran on " + computer.getName(), e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        return steps;
    }

    /** Stops the innermost steps inside the {@code node} step: what that leads to is for the Pipeline to say. */
    private static void stop(
            FlowNode node, ListenableFuture<List<StepExecution>> running, String agent, String event) {
        try {
            for (StepExecution execution : running.get()) {
                if (isInside(node, execution.getContext().get(FlowNode.class))) {
                    execution.stop(new FlowInterruptedException(Result.ABORTED, false, new MesosAgentLost(agent, event)));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            LOGGER.log(Level.WARNING, "cannot end what a Pipeline ran on the lost agent " + agent, e.getCause());
        } catch (Exception e) {
            LOGGER.log(Level.WARNING, "cannot end what a Pipeline ran on the lost agent " + agent, e);
        }
    }

    private static boolean isInside(FlowNode block, FlowNode step) {
        if (step == null || step.equals(block)) {
            return step != null;
        }
        for (FlowNode each : step.iterateEnclosingBlocks()) {
            if (each.equals(block)) {
                return true;
            }
        }
        return false;
    }
}
