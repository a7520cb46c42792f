package org.jenkinsci.plugins.mesos;

import com.google.common.util.concurrent.ListenableFuture;
import hudson.model.Computer;
import hudson.model.Label;
import hudson.model.TaskListener;
import hudson.slaves.Cloud;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution.PlaceholderTask;

/** What the log of a Pipeline is told of the agent that one of its {@code node} steps waits for. */
final class PipelineStory {
    private static final Logger LOGGER = Logger.getLogger(PipelineStory.class.getName());

    /** However long a step waits, and however many agents fail it: no more lines, the rest is in the agents' logs. */
    private static final int MOST_LINES = 40;

    /** What an agent has to tell when it is taken comes a moment after. */
    private static final long AFTER_MILLIS = TimeUnit.SECONDS.toMillis(3);

    private final PlaceholderTask task;
    private final Set<String> lines = new HashSet<>();
    private final Set<String> held = new HashSet<>();
    private volatile TaskListener log;
    private volatile MesosAgent agent;
    private volatile long leftAt;
    private boolean begun;
    private volatile boolean givenUp;

    PipelineStory(PlaceholderTask task) {
        this.task = task;
    }

    void waits() {
        leftAt = 0;
    }

    void left() {
        leftAt = System.currentTimeMillis();
    }

    void giveUp() {
        givenUp = true;
    }

    boolean isOver() {
        return givenUp || leftAt > 0 && System.currentTimeMillis() - leftAt > AFTER_MILLIS;
    }

    /** The agent that it is told of, or null. */
    MesosAgent agent() {
        return agent;
    }

    /**
     * Tells what is new.
     *
     * @param told agents that steps are told of; one that is chosen now is added
     */
    void goOn(Set<MesosAgent> told) {
        if (!begun) {
            begun = true;
            begin();
        }
        if (log == null || givenUp) {
            return;
        }
        if (leftAt == 0 && (agent == null || agent.phase() == MesosAgent.Phase.ENDED)) {
            tellNews();
            choose(told);
            tellHeld();
        }
        tellNews();
    }

    /** Why no agent is asked for, such as a limit of the cloud. */
    private void tellHeld() {
        Label label = task.getAssignedLabel();
        String name = label == null ? null : label.getName();
        Demand.report().waits().stream()
                .filter(wait -> agent == null && wait.why() != null && Objects.equals(wait.label(), name))
                .findFirst()
                // one that counts down is told once
                .filter(wait -> held.add(wait.why().replaceAll("[0-9.]+", "#")))
                .ifPresent(wait -> tell("Mesos: no agent is requested: " + wait.why()));
    }

    /** Leaves alone what Mesos has nothing to do with. */
    private void begin() {
        if (PipelineInterruption.endIfLost(task) || !isServed(task.getAssignedLabel())) {
            giveUp();
            return;
        }
        try {
            FlowNode step = task.getNode();
            if (step == null) {
                giveUp();
                return;
            }
            ListenableFuture<List<StepExecution>> running = step.getExecution().getCurrentExecutions(true);
            running.addListener(() -> log = logOf(step, running), Computer.threadPoolForRemoting);
        } catch (IOException e) {
            LOGGER.log(Level.FINE, "no log for a waiting step", e);
            giveUp();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isServed(Label label) {
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud cloud && cloud.canProvision(label)) {
                return true;
            }
        }
        // a step that goes on after a restart waits for its agent by name
        return label != null && AgentNodes.all().stream().anyMatch(label::contains);
    }

    /** The log of the step's own part of the Pipeline. */
    private static TaskListener logOf(FlowNode step, ListenableFuture<List<StepExecution>> running) {
        try {
            for (StepExecution each : running.get()) {
                if (step.equals(each.getContext().get(FlowNode.class))) {
                    return each.getContext().get(TaskListener.class);
                }
            }
        } catch (IOException | ExecutionException e) {
            LOGGER.log(Level.FINE, "no log for a waiting step", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return null;
    }

    private void choose(Set<MesosAgent> told) {
        Label label = task.getAssignedLabel();
        agent = MesosFrameworks.all().stream()
                .flatMap(framework -> framework.agents().stream())
                .filter(each -> !told.contains(each) && !each.online().isDone() && serves(each, label))
                .min(Comparator.comparingLong(each -> each.number))
                .orElse(null);
        if (agent != null) {
            told.add(agent);
            tell("Mesos: agent " + agent.name);
        }
    }

    private static boolean serves(MesosAgent agent, Label label) {
        if (agent.plan != null) {
            return label == null || label.matches(Label.parse(agent.plan.label()));
        }
        return label != null && Jenkins.get().getNode(agent.name) instanceof MesosSlave node && label.contains(node);
    }

    private void tellNews() {
        if (agent != null) {
            agent.story().forEach(line -> tell("Mesos: " + line));
        }
    }

    private void tell(String line) {
        if (lines.size() < MOST_LINES && lines.add(line)) {
            log.getLogger().println(line);
            if (lines.size() == MOST_LINES) {
                log.getLogger().println("Mesos: more is in the logs of the agents");
            }
        }
    }
}
