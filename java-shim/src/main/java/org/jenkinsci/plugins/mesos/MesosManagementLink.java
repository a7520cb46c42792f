package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.ManagementLink;
import hudson.slaves.Cloud;
import java.util.ArrayList;
import java.util.List;
import jenkins.model.Jenkins;
import org.kohsuke.stapler.StaplerProxy;

/** Manage Jenkins → Mesos Cloud: how each cloud stands. */
@Extension
public class MesosManagementLink extends ManagementLink implements StaplerProxy {
    @Override
    public String getIconFileName() {
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud) {
                return "/plugin/mesos/images/mesos.svg";
            }
        }
        return null;
    }

    @Override
    public String getDisplayName() {
        return Messages.MesosManagementLink_displayName();
    }

    @Override
    public String getDescription() {
        return Messages.MesosManagementLink_description();
    }

    @Override
    public String getUrlName() {
        return "mesos";
    }

    /** Where today's Jenkins lists it; the old host has no such groups. */
    protected String getCategoryName() {
        return "STATUS";
    }

    @Override
    public Object getTarget() {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        return this;
    }

    /** For the page: today's Jenkins has other icons, and a page of its own for clouds. */
    public boolean isToday() {
        return InboundAgents.TODAY;
    }

    /** What happened to the settings of older versions; at {@code mesos/upgrade/}. */
    public UpgradePage getUpgrade() {
        return new UpgradePage();
    }

    /** For the page; one element a configured cloud. */
    public List<CloudView> getClouds() {
        List<CloudView> views = new ArrayList<>();
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud cloud) {
                views.add(CloudView.of(cloud));
            }
        }
        return views;
    }
}
