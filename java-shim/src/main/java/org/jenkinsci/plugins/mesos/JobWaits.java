package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Action;
import hudson.model.InvisibleAction;
import hudson.model.Job;
import java.util.Collection;
import java.util.List;
import jenkins.model.TransientActionFactory;

/**
 * On the page of a job: what its queued builds wait for. Jenkins's own reason in the queue speaks of nodes, and there
 * is none before Mesos has accepted an agent.
 */
public final class JobWaits extends InvisibleAction {
    private final List<DemandReport.Wait> waits;

    JobWaits(List<DemandReport.Wait> waits) {
        this.waits = waits;
    }

    public List<String> getSentences() {
        return waits.stream().map(Demand::tell).toList();
    }

    /** Today's Jenkins only; the old host shows the clouds' page. */
    @SuppressWarnings("rawtypes")
    @Extension(optional = true)
    public static final class Factory extends TransientActionFactory<Job> {
        @Override
        public Class<Job> type() {
            return Job.class;
        }

        @Override
        public Collection<? extends Action> createFor(Job job) {
            List<DemandReport.Wait> waits = Demand.report().of(job.getFullName());
            return waits.isEmpty() ? List.of() : List.of(new JobWaits(waits));
        }
    }
}
