package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import jenkins.model.Jenkins;

/** How far our agents are: requested, coming, or there. */
final class ComingAgents {
    /** After a start of Jenkins, its agents are back within this time or something is wrong with them. */
    private static final long RETURN_MILLIS = 60_000;

    private final Map<MesosAgent, Integer> executors = new HashMap<>();

    private ComingAgents() {}

    static ComingAgents read(Jenkins jenkins, long now) {
        Map<String, Computer> computers = new HashMap<>();
        for (Computer computer : jenkins.getComputers()) {
            if (computer instanceof MesosComputer ours) {
                computers.put(ours.agentName(), computer);
            }
        }
        ComingAgents coming = new ComingAgents();
        for (MesosFramework framework : MesosFrameworks.all()) {
            for (MesosAgent agent : framework.agents()) {
                coming.executors.put(agent, executors(agent, computers.get(agent.name), now));
            }
        }
        return coming;
    }

    /** Executors that are on their way: none of an agent that was online, ended or is being released. */
    private static int executors(MesosAgent agent, Computer computer, long now) {
        if (agent.isReleased() || agent.online().isDone()) {
            return 0;
        }
        if (agent.owned && now - agent.requestedAt() > RETURN_MILLIS) {
            return 0;
        }
        // a build may be given to it before its coming is told
        return computer == null ? agent.executors : Math.max(0, agent.executors - computer.countBusy());
    }

    /** These were requested since. */
    void add(Collection<MesosAgent> agents) {
        agents.forEach(agent -> executors.put(agent, agent.isReleased() ? 0 : agent.executors));
    }

    int executors(MesosAgent agent) {
        return executors.getOrDefault(agent, 0);
    }

    /**
     * The contract's state. What a person or Jenkins's own provisioning asked for is not withdrawn for want of builds.
     */
    String state(MesosAgent agent) {
        if (executors(agent) == 0 || agent.isReleased()) {
            return "present";
        }
        return agent.phase() == MesosAgent.Phase.REQUESTED && agent.isWithoutDelay() ? "requested" : "accepted";
    }
}
