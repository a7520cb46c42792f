package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Computer;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.model.listeners.RunListener;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The log of a build that runs on an agent of ours, as freestyle and matrix builds do: how the agent came, and what
 * ended it if it was lost.
 */
@Extension
public final class BuildLog extends RunListener<Run<?, ?>> {
    /** Mesos tells of a task's end a moment after the agent's connection is gone. */
    private static final long END_MILLIS = TimeUnit.SECONDS.toMillis(10);

    private static final Map<Run<?, ?>, Open> OPEN = new ConcurrentHashMap<>();

    /** The log of a build that runs. */
    private record Open(MesosComputer computer, TaskListener listener) {}

    @Override
    public void onStarted(Run<?, ?> build, TaskListener listener) {
        if (Computer.currentComputer() instanceof MesosComputer computer) {
            begin(computer, listener.getLogger());
            OPEN.put(build, new Open(computer, listener));
        }
    }

    private static void begin(MesosComputer computer, PrintStream log) {
        AgentStory story = AgentStory.of(computer);
        if (story == null) {
            return;
        }
        if (story.getHost() != null) {
            // in the words of the old plugin, which scripts of its users look for
            log.println("Mesos slave(hostname): " + story.getHost());
        }
        MesosSlave node = computer.getNode();
        if (node != null && node.getBuilds() > 1) {
            log.println("Mesos: build " + node.getBuilds() + " on agent " + story.getName());
            if (story.getRisk() != null) {
                log.println("Mesos: At risk: " + story.getRisk());
            }
        } else {
            log.println("Mesos: agent " + story.getName());
            story.getLines().forEach(line -> log.println("Mesos: " + line));
        }
    }

    /** Tells the builds that run on an agent. */
    static void tell(MesosComputer computer, String line) {
        OPEN.values().forEach(open -> {
            if (open.computer == computer) {
                open.listener.getLogger().println(line);
            }
        });
    }

    /** The agent's task is over: the builds that still run on it are told at once. */
    static void tellLoss(MesosComputer computer) {
        OPEN.forEach((build, open) -> {
            // whoever takes it out is the one to tell
            if (open.computer == computer && OPEN.remove(build, open)) {
                tell(AgentStory.of(computer), open.listener, 0);
            }
        });
    }

    @Override
    public void onCompleted(Run<?, ?> build, TaskListener listener) {
        Open open = OPEN.remove(build);
        if (open != null && open.computer.getChannel() == null) {
            tell(AgentStory.of(open.computer), listener, END_MILLIS);
        }
    }

    private static void tell(AgentStory story, TaskListener listener, long patience) {
        if (story == null) {
            return;
        }
        String why = null;
        try {
            why = story.awaitEnd(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener.error(
                why == null
                        ? "Mesos: the connection to agent " + story.getName()
                                + " was lost; Mesos has not told of an end of its task: it is " + story.getState()
                        : "Mesos: agent " + story.getName() + " was lost: " + why);
    }
}
