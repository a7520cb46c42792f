package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a build may tell of its agent: how it came from Mesos, and what ended it. It can be asked also when the agent,
 * its node and its computer are gone.
 */
public final class AgentStory {
    /** At most so many lines of an agent's story are given to a build. */
    public static final int LINES = 20;

    private final MesosAgent agent;

    private AgentStory(MesosAgent agent) {
        this.agent = agent;
    }

    /** The story of the agent behind a computer; null if it is none of ours or nothing is known of it. */
    public static AgentStory of(Computer computer) {
        MesosAgent agent = computer instanceof MesosComputer ours ? ours.agent() : null;
        return agent == null ? null : new AgentStory(agent);
    }

    /** The name of the node, and of the Mesos task. */
    public String getName() {
        return agent.name;
    }

    /** The host it runs on, as Mesos names it; null as long as Mesos has not accepted it. */
    public String getHost() {
        return agent.host();
    }

    /** What is planned for its host that its builds may not survive; null if there is nothing. */
    public String getRisk() {
        return agent.risk();
    }

    /**
     * What happened so far, each line with its time of day, the oldest first; at most {@link #LINES}. Where there was
     * more, a line in the middle says how much is left out.
     */
    public List<String> getLines() {
        return shortened(agent.story());
    }

    static List<String> shortened(List<String> all) {
        if (all.size() <= LINES) {
            return all;
        }
        int end = LINES / 2;
        int begin = LINES - end - 1;
        List<String> some = new ArrayList<>(all.subList(0, begin));
        some.add("(" + (all.size() - begin - end) + " more, in the agent's log)");
        some.addAll(all.subList(all.size() - end, all.size()));
        return some;
    }

    /** Whether its Mesos task is over. */
    public boolean isOver() {
        return agent.over().isDone();
    }

    /**
     * What ended the agent: why Jenkins released it, if it did, and Mesos's state, reason and message. Mesos tells it a
     * moment after the connection is lost, so this waits; to be called by a build's own thread only.
     *
     * @param millis for how long to wait at most; 0: not at all
     * @return null if Mesos has not told of an end
     * @throws InterruptedException if the build is aborted meanwhile
     */
    public String awaitEnd(long millis) throws InterruptedException {
        String why;
        try {
            why = agent.over().get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        String released = agent.releaseReason();
        return released == null ? why : released + " (" + why + ")";
    }

    /** What Mesos last said of it, in a few words. */
    public String getState() {
        return MesosFramework.describe(agent);
    }
}
