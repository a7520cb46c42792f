package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.Executor;
import hudson.model.Node;
import hudson.model.Queue;
import hudson.model.queue.WorkUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jenkins.model.Jenkins;

/**
 * The executors that are there and coming at one moment. Each executor is looked at once: it is free, or its build is
 * noted as one that waits no longer, whatever the queue still shows.
 */
final class Supply {
    /** After a start of Jenkins, its agents are back within this time or something is wrong with them. */
    private static final long RETURN_MILLIS = 60_000;

    private final Map<MesosAgent, AgentStand> stands = new HashMap<>();
    private final List<FreeExecutors> free = new ArrayList<>();
    private final Set<Queue.BuildableItem> given = new HashSet<>();

    private Supply() {}

    static Supply read(Jenkins jenkins, long now) {
        Supply supply = new Supply();
        // agents before their computers: one that comes online meanwhile still counts as coming
        List<Told> told = told();
        Map<String, Counted> ours = new HashMap<>();
        for (Computer computer : jenkins.getComputers()) {
            Node node = computer.getNode();
            if (computer instanceof MesosComputer mesos) {
                ours.put(mesos.agentName(), supply.count(mesos, now));
            } else {
                Counted counted = supply.count(computer, Integer.MAX_VALUE, 0, now);
                if (node != null && counted.work.connected() && counted.work.accepting()) {
                    supply.add(node, counted, true, null);
                }
            }
        }
        for (Told each : told) {
            supply.count(each, ours.get(each.agent.name), now);
        }
        return supply;
    }

    /** How far an agent is, as it was told. */
    private record Told(MesosAgent agent, boolean released, boolean online, MesosAgent.Phase phase) {}

    private static List<Told> told() {
        List<Told> told = new ArrayList<>();
        for (MesosFramework framework : MesosFrameworks.all()) {
            for (MesosAgent agent : framework.agents()) {
                told.add(new Told(agent, agent.isReleased(), agent.online().isDone(), agent.phase()));
            }
        }
        return told;
    }

    /**
     * The executors of one computer.
     *
     * @param unused whether none of its executors has had a build
     * @param recently how many of the free ones have not been so for long
     */
    private record Counted(Node node, AgentStand.Work work, boolean unused, int recently) {}

    private Counted count(MesosComputer computer, long now) {
        MesosSlave node = computer.getNode();
        // before its executors: what it is given meanwhile counts as given
        int most = node == null ? 0 : computer.mostBuilds(node, now);
        boolean unused = node != null && node.getBuilds() == 0;
        Counted counted = count(computer, most, computer.onlineSince(), now);
        boolean alone = counted.work.free() == 1 && counted.work.busy() == 0;
        return new Counted(node, counted.work, unused && alone, counted.recently);
    }

    private Counted count(Computer computer, int most, long onlineSince, long now) {
        boolean connected = computer.isOnline();
        boolean accepting = computer.isAcceptingTasks();
        int recently = 0;
        int forLong = 0;
        int busy = 0;
        for (Executor executor : computer.getExecutors()) {
            if (!executor.isIdle()) {
                busy++;
                WorkUnit work = executor.getCurrentWorkUnit();
                if (work != null) {
                    given.add(work.context.item);
                }
            } else if (now - Math.max(onlineSince, executor.getIdleStartMilliseconds())
                    >= WaitingBuilds.REFUSED_AFTER_MILLIS) {
                forLong++;
            } else {
                recently++;
            }
        }
        int count = Math.min(recently + forLong, most);
        return new Counted(
                computer.getNode(),
                new AgentStand.Work(connected, accepting, count, busy),
                false,
                Math.min(recently, count));
    }

    private void count(Told told, Counted counted, long now) {
        MesosAgent agent = told.agent;
        AgentStand stand = AgentStand.of(new AgentStand.Known(
                told.released,
                told.online,
                agent.owned && now - agent.requestedAt() > RETURN_MILLIS,
                told.phase == MesosAgent.Phase.REQUESTED && agent.isWithoutDelay(),
                agent.executors,
                counted == null || counted.node == null ? null : counted.work));
        stands.put(agent, stand);
        if (stand.place() == AgentStand.Place.FREE) {
            add(counted.node, counted, counted.unused, agent);
        }
    }

    private void add(Node node, Counted counted, boolean fresh, MesosAgent ours) {
        add(new FreeExecutors(node, counted.recently, false, fresh, ours));
        add(new FreeExecutors(node, counted.work.free() - counted.recently, true, fresh, ours));
    }

    private void add(FreeExecutors some) {
        if (some.executors() > 0) {
            free.add(some);
        }
    }

    /** These were requested since. */
    void add(Collection<MesosAgent> agents) {
        agents.forEach(agent -> stands.put(agent, AgentStand.of(
                new AgentStand.Known(agent.isReleased(), false, false, true, agent.executors, null))));
    }

    /** An agent that is not known to this was asked for since, by somebody else. */
    AgentStand of(MesosAgent agent) {
        return stands.getOrDefault(agent, new AgentStand(AgentStand.Place.BUSY, 0));
    }

    /** Executors of an agent that are on their way. */
    int coming(MesosAgent agent) {
        AgentStand stand = of(agent);
        return stand.place() == AgentStand.Place.REQUESTED || stand.place() == AgentStand.Place.COMING
                ? stand.executors()
                : 0;
    }

    /** Executors of all nodes that are free. */
    List<FreeExecutors> free() {
        return free;
    }

    /** What executors have been given. */
    Set<Queue.BuildableItem> given() {
        return given;
    }
}
