package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution.PlaceholderTask;

/**
 * While a {@code node} step waits, the log of its Pipeline tells how its agent comes. A waiting step is shown one of
 * the agents that were requested for its label, each step another one: which of them it gets at last, Jenkins decides.
 */
final class PipelineStories {
    private static final Logger LOGGER = Logger.getLogger(PipelineStories.class.getName());

    private static final long LOOK_MILLIS = 500;

    /** By their tasks, the first in the queue first. */
    private static final Map<PlaceholderTask, PipelineStory> STORIES = new LinkedHashMap<>();

    private static ScheduledExecutorService worker;

    private PipelineStories() {}

    /** A step begins to wait. Returns at once. */
    static void begin(PlaceholderTask task) {
        synchronized (STORIES) {
            STORIES.computeIfAbsent(task, PipelineStory::new).waits();
            if (worker == null) {
                worker = Executors.newSingleThreadScheduledExecutor(work -> {
                    Thread thread = new Thread(work, "mesos pipeline logs");
                    thread.setDaemon(true);
                    thread.setContextClassLoader(PipelineStories.class.getClassLoader());
                    return thread;
                });
                // as Jenkins itself, which the threads of its pool are
                worker.scheduleWithFixedDelay(
                        () -> Computer.threadPoolForRemoting.submit(PipelineStories::look),
                        LOOK_MILLIS / 5,
                        LOOK_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
        }
    }

    /** A step waits no longer. Returns at once. */
    static void end(PlaceholderTask task) {
        synchronized (STORIES) {
            PipelineStory story = STORIES.get(task);
            if (story != null) {
                story.left();
                Computer.threadPoolForRemoting.submit(PipelineStories::look);
            }
        }
    }

    private static void look() {
        List<PipelineStory> stories;
        synchronized (STORIES) {
            STORIES.values().removeIf(PipelineStory::isOver);
            if (STORIES.isEmpty() && worker != null) {
                worker.shutdown();
                worker = null;
            }
            stories = new ArrayList<>(STORIES.values());
        }
        tell(stories);
    }

    /** One look at a time. */
    private static synchronized void tell(List<PipelineStory> stories) {
        Set<MesosAgent> told = stories.stream()
                .map(PipelineStory::agent)
                .filter(agent -> agent != null)
                .collect(Collectors.toSet());
        for (PipelineStory story : stories) {
            try {
                story.goOn(told);
            } catch (RuntimeException | LinkageError e) {
                LOGGER.log(Level.WARNING, "cannot tell a Pipeline of its agent", e);
                story.giveUp();
            }
        }
    }
}
