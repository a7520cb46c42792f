package org.jenkinsci.plugins.mesos;

import hudson.slaves.Cloud;
import hudson.slaves.WorkspaceList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jenkins.model.Jenkins;

/**
 * Workspaces of clouds whose agents have their root folder on storage that they share, such as NFS. Jenkins keeps
 * builds on one computer out of each other's workspace by a list of those in use; where the folder is the same on all
 * agents, the list must be the same too. A second build of a job gets {@code <job>@2} then, whichever agent it runs on.
 */
final class SharedWorkspaces {
    private static final Map<String, WorkspaceList> LISTS = new ConcurrentHashMap<>();

    private SharedWorkspaces() {}

    /** The list of a cloud's agents, or null if each of them has its own. */
    static WorkspaceList of(String cloudId) {
        if (cloudId == null || !isShared(cloudId)) {
            return null;
        }
        return LISTS.computeIfAbsent(cloudId, id -> new WorkspaceList());
    }

    private static boolean isShared(String cloudId) {
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud cloud && cloud.getCloudID().equals(cloudId)) {
                return cloud.isNfsRemoteFSRoot();
            }
        }
        return false;
    }
}
