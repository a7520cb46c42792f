package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.Date;
import java.util.List;

/** An agent as its own page shows it, at one moment. */
public final class AgentPage {
    private final MesosSlave node;
    private final AgentStory story;
    private final Status.Task task;
    private final Status.Connection connection;

    private AgentPage(MesosSlave node, AgentStory story, Status.Task task, Status.Connection connection) {
        this.node = node;
        this.story = story;
        this.task = task;
        this.connection = connection;
    }

    /** Null if the node is gone. */
    static AgentPage of(MesosComputer computer) {
        MesosSlave node = computer.getNode();
        if (node == null) {
            return null;
        }
        MesosFramework framework = MesosFrameworks.find(node.getCloudId());
        Status status = framework == null ? null : status(framework);
        Status.Task task = null;
        if (status != null) {
            task = status.tasks().stream()
                    .filter(each -> each.name().equals(node.getNodeName()))
                    .findFirst()
                    .orElse(null);
        }
        return new AgentPage(node, AgentStory.of(computer), task, status == null ? null : status.connection());
    }

    private static Status status(MesosFramework framework) {
        try {
            return framework.status();
        } catch (NativeException | IllegalArgumentException e) {
            // the cloud is being closed
            return null;
        }
    }

    /** Today's Jenkins has other tables. */
    public boolean isToday() {
        return InboundAgents.TODAY;
    }

    public MesosSlave getNode() {
        return node;
    }

    /** The id of the Mesos task. */
    public String getTaskId() {
        return node.getNodeName();
    }

    /** What Mesos calls it; null if Mesos does not know it or was not asked. */
    public String getState() {
        return task == null ? null : task.state();
    }

    public String getHost() {
        String host = task == null ? null : task.host();
        return host == null && story != null ? story.getHost() : host;
    }

    /** The id of the Mesos agent that it runs on, or null. */
    public String getMesosAgentId() {
        return task == null ? null : task.agentId();
    }

    /** Ports of the host that lead into its container. */
    public List<Status.Port> getPorts() {
        return task == null ? List.of() : task.ports();
    }

    public String getCpus() {
        return MesosFramework.amount(node.getCpus());
    }

    /** MB. */
    public String getMem() {
        return MesosFramework.amount(node.getMem());
    }

    /**
     * Where Mesos's own page shows its sandbox, with stdout and stderr; null as long as the place is not known, and
     * where there is no Mesos but the controller's machine.
     */
    public String getSandboxUrl() {
        if (getMesosAgentId() == null
                || connection == null
                || connection.leader() == null
                || connection.leader().equals("local")) {
            return null;
        }
        return sandboxUrl(connection.leader(), getMesosAgentId(), connection.frameworkId(), getTaskId());
    }

    /** A task with a command has an executor of its own, whose id is the task's. */
    static String sandboxUrl(String leader, String agentId, String frameworkId, String taskId) {
        String master = leader.contains("://") ? leader : "http://" + leader;
        return master + "/#/agents/" + Util.rawEncode(agentId) + "/frameworks/" + Util.rawEncode(frameworkId)
                + "/executors/" + Util.rawEncode(taskId) + "/browse";
    }

    /** In the reader's way to write it. */
    public String getCreated() {
        return node.getCreatedAt() == 0 ? null : ReadersTime.of(new Date(node.getCreatedAt()));
    }

    /** What happened to it so far, in lines; null if nothing is known. */
    public String getText() {
        return story == null ? null : String.join("\n", story.getLines());
    }
}
