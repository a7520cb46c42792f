package org.jenkinsci.plugins.mesos;

import hudson.FilePath;
import hudson.Util;
import hudson.model.Computer;
import hudson.remoting.VirtualChannel;
import java.io.IOException;
import java.util.Collection;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.mesos.SecretsGiven.Kind;

/**
 * Who may have an agent's secret: whoever asks first, while the agent is on its way. Mesos shows the address that it is
 * fetched from to anybody who may look at a Mesos agent, so that address is worth nothing once it was used.
 */
final class AgentSecrets {
    /** What becomes of a question for a secret. */
    enum Reply {
        /** It is to be given now, and never again. */
        GIVE,
        /** Somebody has it, or the agent is online, which comes to the same. */
        GIVEN_BEFORE,
        /** There is no such agent, or it is not wanted any more. */
        OVER,
        /** It cannot be noted that it is given. */
        UNCLEAR
    }

    /** As the native side has Mesos name it. */
    private static final String FILE = ".agent-secret";

    /** With the login for the image's registry; good for Windows, too. */
    private static final String REGISTRY_LOGIN = ".docker/config.json";

    private static final Logger LOGGER = Logger.getLogger(AgentSecrets.class.getName());

    private AgentSecrets() {}

    /**
     * Called by a thread of a request. It waits for no lock but that of the agent, and for nothing but the local disk.
     *
     * @param name of the agent, as it was asked for; anything
     * @param by who asks, for the agent's log
     */
    static Reply ask(String name, String by) {
        for (MesosFramework framework : MesosFrameworks.all()) {
            MesosAgent agent = framework.agent(name);
            if (agent != null) {
                return ask(agent, framework.cloudId, by);
            }
        }
        // just after a start of Jenkins, when its cloud is not open yet
        if (Jenkins.get().getNode(name) instanceof MesosSlave node
                && node.getCloudId() != null
                && MesosFrameworks.find(node.getCloudId()) == null) {
            return isConnected(name) ? Reply.GIVEN_BEFORE : note(Kind.AGENT, node.getCloudId(), name);
        }
        return Reply.OVER;
    }

    private static Reply ask(MesosAgent agent, String cloudId, String by) {
        if (agent.isReleased() || agent.phase() == MesosAgent.Phase.ENDED) {
            return Reply.OVER;
        }
        boolean online = agent.online().isDone() || isConnected(agent.name);
        Reply answer = online ? Reply.GIVEN_BEFORE : note(Kind.AGENT, cloudId, agent.name);
        switch (answer) {
            case GIVE -> agent.secretGiven(by);
            case GIVEN_BEFORE -> {
                if (agent.secretRefused(by)) {
                    LOGGER.log(Level.WARNING, "{0}: {1}", new Object[] {agent.name, agent.secretTrouble()});
                }
            }
            default -> agent.tell("Its secret cannot be given out: see the log of Jenkins");
        }
        return answer;
    }

    static boolean isConnected(String name) {
        Computer computer = Jenkins.get().getComputer(name);
        return computer != null && computer.getChannel() != null;
    }

    /** {@code GIVE} to the first who asks, ever. */
    static Reply note(Kind kind, String cloudId, String name) {
        try {
            return of(cloudId, kind).first(name) ? Reply.GIVE : Reply.GIVEN_BEFORE;
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, name + ": cannot note that it is given a secret, so it gets none", e);
            return Reply.UNCLEAR;
        }
    }

    /** The agent is over. */
    static void forget(String cloudId, String name) {
        for (Kind kind : Kind.values()) {
            try {
                of(cloudId, kind).forget(name);
            } catch (IOException e) {
                LOGGER.log(Level.FINE, name + ": cannot forget that it was given a secret", e);
            }
        }
    }

    /** Of a cloud that is about to open. */
    static void forgetAllBut(Collection<String> names, String cloudId) {
        for (Kind kind : Kind.values()) {
            try {
                of(cloudId, kind).forgetAllBut(names);
            } catch (IOException e) {
                LOGGER.log(Level.WARNING, "cannot forget which agents were given their secrets", e);
            }
        }
    }

    private static SecretsGiven of(String cloudId, Kind kind) {
        return new SecretsGiven(MesosFrameworks.stateDir(cloudId), kind);
    }

    /**
     * The agent is online and has read its secret. Most have removed the file of it themselves; Windows keeps one that
     * is open, some images have no shell to do it, and in others the agent's user may not.
     */
    static void removeFile(MesosComputer computer) {
        MesosAgent agent = computer.agent();
        boolean byItself = Boolean.TRUE.equals(computer.isUnix()) && agent != null && hasPlainShell(agent.settings);
        if (InboundAgents.TODAY && !byItself) {
            Computer.threadPoolForRemoting.submit(() -> removeFileNow(computer, agent));
        }
    }

    /** Null after a restart of Jenkins: the agent may have come without the settings being known here. */
    private static boolean hasPlainShell(MesosSlaveInfo template) {
        return template != null
                && template.getContainerInfo() == null
                && Util.fixEmptyAndTrim(template.getInheritFrom()) == null;
    }

    private static void removeFileNow(MesosComputer computer, MesosAgent agent) {
        VirtualChannel channel = computer.getChannel();
        try {
            String sandbox = computer.getEnvironment().get("MESOS_SANDBOX");
            if (channel != null && sandbox != null) {
                String separator = Boolean.FALSE.equals(computer.isUnix()) ? "\\" : "/";
                new FilePath(channel, sandbox + separator + FILE).delete();
                new FilePath(channel, sandbox + separator + REGISTRY_LOGIN).delete();
            }
        } catch (IOException e) {
            LOGGER.log(
                    Level.WARNING,
                    computer.getName() + ": the file of its secret is left in its sandbox, where it can be read: let"
                            + " the agent run as a user who may remove it",
                    e);
            if (agent != null) {
                agent.tell("The file of its secret is left in its sandbox, where it can be read: " + e.getMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
