package org.jenkinsci.plugins.mesos;

import hudson.slaves.Cloud;
import hudson.util.ListBoxModel;
import jenkins.model.Jenkins;

/** What the forms of the step and of the declarative agent have in common. */
final class MesosNodeForm {
    private MesosNodeForm() {}

    /** The clouds that let Pipelines define agents; the first stands for any of them. */
    static ListBoxModel clouds() {
        ListBoxModel clouds = new ListBoxModel();
        clouds.add(Messages.MesosNodeForm_anyCloud(), "");
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud cloud && cloud.isPipelineAllowed()) {
                clouds.add(cloud.name, cloud.name);
            }
        }
        return clouds;
    }
}
