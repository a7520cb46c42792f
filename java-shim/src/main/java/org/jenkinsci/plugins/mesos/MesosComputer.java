package org.jenkinsci.plugins.mesos;

import hudson.slaves.AbstractCloudComputer;
import hudson.slaves.OfflineCause;
import hudson.slaves.WorkspaceList;
import java.util.concurrent.TimeUnit;
import jenkins.model.Jenkins;

/** The live side of a {@link MesosSlave}. */
public class MesosComputer extends AbstractCloudComputer<MesosSlave> {
    private final String name;
    private final String cloudId;
    private volatile long onlineSince;
    private volatile long offlineSince = System.currentTimeMillis();

    MesosComputer(MesosSlave node) {
        super(node);
        name = node.getNodeName();
        cloudId = node.getCloudId();
    }

    String cloudId() {
        return cloudId;
    }

    String agentName() {
        return name;
    }

    void wentOnline() {
        onlineSince = System.currentTimeMillis();
    }

    void wentOffline() {
        offlineSince = System.currentTimeMillis();
    }

    /** Milliseconds for which it has been online without a build. */
    long idleMillis() {
        return System.currentTimeMillis() - Math.max(onlineSince, getIdleStartMilliseconds());
    }

    /** Milliseconds since its connection ended, or since the computer was made if it never had one. */
    long awayMillis() {
        return System.currentTimeMillis() - offlineSince;
    }

    /** Where the agents of a cloud share their root folder, they share the list of the workspaces in it too. */
    @Override
    public WorkspaceList getWorkspaceList() {
        WorkspaceList shared = SharedWorkspaces.of(cloudId);
        return shared == null ? super.getWorkspaceList() : shared;
    }

    /** While Mesos looks for a place that is the reason, not a failed launch. */
    @Override
    public OfflineCause getOfflineCause() {
        MesosAgent agent = MesosFrameworks.agent(cloudId, name);
        if (agent == null || agent.isReleased() || isTemporarilyOffline() || getChannel() != null) {
            return super.getOfflineCause();
        }
        return OfflineCause.create(Messages._MesosComputer_waiting(MesosFramework.describe(agent)));
    }

    /** Called when the node is gone, in whatever way, and also when Jenkins stops: then the task shall live on. */
    @Override
    protected void kill() {
        super.kill();
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (jenkins != null && jenkins.getNode(name) == null) {
            MesosFrameworks.release(cloudId, name, Messages.MesosSlave_deleted());
        }
    }

    /** Idle minutes as milliseconds; 0 is never. */
    static boolean isIdleFor(long idleMillis, int minutes) {
        return minutes > 0 && idleMillis >= TimeUnit.MINUTES.toMillis(minutes);
    }
}
