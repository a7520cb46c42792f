package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.AdministrativeMonitor;

/** Tells on the pages for administrators that there is an upgrade report. */
@Extension
public final class UpgradeMonitor extends AdministrativeMonitor {
    @Override
    public String getDisplayName() {
        return Messages.UpgradeMonitor_displayName();
    }

    @Override
    public boolean isActivated() {
        return !UpgradeReport.isEmpty();
    }

    /** For the page: today's Jenkins has other frames for warnings. */
    public boolean isToday() {
        return InboundAgents.TODAY;
    }
}
