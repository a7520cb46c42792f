package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.AdministrativeMonitor;
import java.util.List;

/** Tells administrators which labels get no agents; see {@link UnplacedAgents} for when. */
@Extension
public final class MesosAdministrativeMonitor extends AdministrativeMonitor {
    @Override
    public String getDisplayName() {
        return Messages.MesosAdministrativeMonitor_displayName();
    }

    @Override
    public boolean isActivated() {
        return !getLabels().isEmpty();
    }

    /** For the page. */
    public List<UnplacedAgents.Label> getLabels() {
        return UnplacedAgents.labels(System.currentTimeMillis());
    }

    /** For the page: today's Jenkins has other frames for warnings. */
    public boolean isToday() {
        return InboundAgents.TODAY;
    }
}
