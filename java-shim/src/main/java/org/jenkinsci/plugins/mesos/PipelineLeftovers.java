package org.jenkinsci.plugins.mesos;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jenkins.model.Jenkins;

/**
 * Agents of Pipelines' templates that are gone: no build can ever take them again, so they end, whether they are still
 * on their way or wait for their idle minutes. One that still has a build is left until that is over.
 */
final class PipelineLeftovers {
    private static final Set<PipelineTemplate> GONE = ConcurrentHashMap.newKeySet();

    private PipelineLeftovers() {}

    static void add(PipelineTemplate template) {
        GONE.add(template);
    }

    /** To be called now and then. */
    static void end() {
        GONE.removeIf(PipelineLeftovers::ended);
    }

    /** Whether no agent is left. */
    private static boolean ended(PipelineTemplate template) {
        MesosFramework framework = MesosFrameworks.find(template.cloudId());
        if (framework == null) {
            return true;
        }
        boolean left = false;
        for (MesosAgent agent : framework.agents()) {
            if (agent.template.equals(template.label()) && !agent.isReleased()) {
                left = true;
                end(framework, agent);
            }
        }
        return !left;
    }

    private static void end(MesosFramework framework, MesosAgent agent) {
        String why = "the part of the Pipeline that defined it is over";
        if (!agent.hasNode()) {
            framework.release(agent.name, why);
        } else if (Jenkins.get().getNode(agent.name) instanceof MesosSlave node
                && node.toComputer() instanceof MesosComputer computer
                && !computer.hasWork()) {
            AgentEnd.ifIdle(node, computer, why);
        }
    }
}
