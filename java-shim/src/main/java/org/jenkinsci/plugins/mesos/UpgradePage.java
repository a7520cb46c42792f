package org.jenkinsci.plugins.mesos;

import java.io.IOException;
import java.util.Date;
import java.util.List;
import jenkins.model.Jenkins;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.HttpResponses;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** The upgrade report for a person. */
public final class UpgradePage {
    UpgradePage() {}

    /** What a person should look at. */
    public List<UpgradeReport.Entry> getToLookAt() {
        return UpgradeReport.entries().stream().filter(entry -> entry.finding().look()).toList();
    }

    /** What was converted, and needs nobody. */
    public List<UpgradeReport.Entry> getConverted() {
        return UpgradeReport.entries().stream().filter(entry -> !entry.finding().look()).toList();
    }

    /** For the page: today's Jenkins has other icons. */
    public boolean isToday() {
        return InboundAgents.TODAY;
    }

    public boolean isDismissed() {
        return UpgradeReport.isEmpty();
    }

    /** A time for the page. */
    public String time(long at) {
        return ReadersTime.of(new Date(at));
    }

    /** Forgets the report. */
    @RequirePOST
    public HttpResponse doDismiss() throws IOException {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        UpgradeReport.dismiss();
        return HttpResponses.redirectToDot();
    }
}
