package org.jenkinsci.plugins.mesos;

import com.google.common.util.concurrent.ListenableFuture;
import hudson.model.Computer;
import hudson.model.Executor;
import hudson.model.Label;
import hudson.model.Queue;
import hudson.model.Result;
import hudson.model.TaskListener;
import java.io.IOException;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
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

    /** As the native library names agents. */
    private static final Pattern NAME = Pattern.compile("mesos-jenkins-[0-9a-f]{32}(-.*)?");

    private PipelineInterruption() {}

    /** Needs the Pipeline plugins. */
    static void lost(String agent, String event) {
        Computer computer = Jenkins.get().getComputer(agent);
        if (computer != null) {
            for (Executor executor : computer.getExecutors()) {
                Queue.Executable executable = executor.getCurrentExecutable();
                if (executable != null && (Object) executable.getParent() instanceof PlaceholderTask task) {
                    withExecutions(task, true, all -> endInside(all, nodeOf(task), new MesosAgentLost(agent, event)));
                }
            }
        }
        for (Queue.BuildableItem item : Queue.getInstance().getBuildableItems()) {
            if ((Object) item.task instanceof PlaceholderTask task && agent.equals(awaitedBy(task))) {
                endWaiting(task, new MesosAgentLost(agent, event));
            }
        }
    }

    /** Tells the {@code node} steps that run on an agent, each in its own part of its Pipeline's log. */
    static void tell(Computer computer, String line) {
        for (Executor executor : computer.getExecutors()) {
            Queue.Executable executable = executor.getCurrentExecutable();
            if (executable != null && (Object) executable.getParent() instanceof PlaceholderTask task) {
                withExecutions(task, false, all -> {
                    FlowNode node = nodeOf(task);
                    for (StepExecution each : all) {
                        TaskListener log = each.getContext().get(TaskListener.class);
                        if (log != null && node.equals(each.getContext().get(FlowNode.class))) {
                            log.getLogger().println(line);
                        }
                    }
                });
            }
        }
    }

    /**
     * After a restart of Jenkins a step waits in the queue for its agent to come back. Ends it if that agent is lost;
     * false if not.
     */
    static boolean endIfLost(PlaceholderTask task) {
        String agent = awaitedBy(task);
        String event = agent == null ? null : LostAgents.event(agent);
        if (event == null && agent != null && NAME.matcher(agent).matches() && Jenkins.get().getNode(agent) == null) {
            // nodes are loaded before builds go on: it was lost in an earlier life of Jenkins
            event = Messages.PipelineInterruption_noNode();
        }
        if (event != null) {
            endWaiting(task, new MesosAgentLost(agent, event));
        }
        return event != null;
    }

    /** The label that a step in the queue waits for; where it goes on after a restart, the name of its agent. */
    private static String awaitedBy(PlaceholderTask task) {
        Label label = task.getAssignedLabel();
        return label == null ? null : label.getName();
    }

    private static void endWaiting(PlaceholderTask task, MesosAgentLost cause) {
        withExecutions(task, false, all -> {
            FlowNode node = nodeOf(task);
            for (StepExecution each : all) {
                if (node.equals(each.getContext().get(FlowNode.class))) {
                    FlowInterruptedException lost = new FlowInterruptedException(Result.ABORTED, false, cause);
                    // the first reason counts; to be stopped takes the step out of the queue, which is a reason too
                    each.getContext().onFailure(lost);
                    each.stop(lost);
                }
            }
        });
    }

    /** Stops the innermost steps inside the {@code node} step: what that leads to is for the Pipeline to say. */
    private static void endInside(List<StepExecution> innermost, FlowNode node, MesosAgentLost cause) throws Exception {
        for (StepExecution each : innermost) {
            if (isInside(node, each.getContext().get(FlowNode.class))) {
                each.stop(new FlowInterruptedException(Result.ABORTED, false, cause));
            }
        }
    }

    private interface Work {
        void on(List<StepExecution> executions) throws Exception;
    }

    /** Hands the running steps of the build over when they are known. */
    private static void withExecutions(PlaceholderTask task, boolean innermost, Work work) {
        FlowNode node = nodeOf(task);
        if (node == null) {
            return;
        }
        ListenableFuture<List<StepExecution>> running = node.getExecution().getCurrentExecutions(innermost);
        running.addListener(
                () -> {
                    try {
                        work.on(running.get());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (Exception e) {
                        LOGGER.log(Level.WARNING, "cannot reach what a Pipeline runs on an agent", e);
                    }
                },
                Computer.threadPoolForRemoting);
    }

    private static FlowNode nodeOf(PlaceholderTask task) {
        try {
            return task.getNode();
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "cannot find what a Pipeline ran on a lost agent", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return null;
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
