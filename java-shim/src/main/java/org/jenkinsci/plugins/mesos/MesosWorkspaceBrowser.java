package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.FilePath;
import hudson.model.AbstractProject;
import hudson.model.Job;
import hudson.model.WorkspaceBrowser;
import hudson.slaves.Cloud;
import java.io.File;
import jenkins.model.Jenkins;

/**
 * Shows the workspace of a job whose agent is gone, where the agents' root folder is on storage that Jenkins has at the
 * same path.
 */
@Extension(optional = true)
public final class MesosWorkspaceBrowser extends WorkspaceBrowser {
    @Override
    public FilePath getWorkspace(Job<?, ?> job) {
        if (job instanceof AbstractProject<?, ?> project) {
            for (Cloud each : Jenkins.get().clouds) {
                if (each instanceof MesosCloud cloud && cloud.isNfsRemoteFSRoot()) {
                    MesosSlaveInfo template = cloud.templates().templateFor(project.getAssignedLabel());
                    File newest = template == null ? null : SharedFolder.newest(cloud, template, job.getFullName());
                    if (newest != null) {
                        return new FilePath(newest);
                    }
                }
            }
        }
        return null;
    }
}
