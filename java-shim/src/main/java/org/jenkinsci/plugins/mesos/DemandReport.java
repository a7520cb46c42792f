package org.jenkinsci.plugins.mesos;

import hudson.model.Label;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a look at the waiting builds has found.
 *
 * @param nextMillis when the next look is due, if nothing happens before
 * @param waits what the builds wait for
 * @param heldLabels labels of builds that no cloud takes for now; empty for those without one
 */
public record DemandReport(long nextMillis, List<Wait> waits, Set<String> heldLabels) {
    static final DemandReport NONE = new DemandReport(Long.MAX_VALUE, List.of(), Set.of());

    /**
     * Builds that wait for the same.
     *
     * @param jobs full names of the jobs, not all if they are many
     * @param label null: none
     * @param builds how many wait for an executor
     * @param cloudId the cloud that serves them, or null
     * @param template the key of the template
     * @param held how many of them get no agent for now
     * @param why they get none, or null
     */
    public record Wait(
            Set<String> jobs, String label, int builds, String cloudId, String template, int held, String why) {}

    boolean isHeld(Label label) {
        return heldLabels.contains(label == null ? "" : label.getName());
    }

    /**
     * What the builds of a job with this label wait for; where no template may serve the job, its label is no matter.
     *
     * @param label null: none
     */
    List<Wait> of(String job, Label label) {
        String name = label == null ? null : label.getName();
        return of(job).stream()
                .filter(wait -> wait.cloudId == null || Objects.equals(wait.label, name))
                .toList();
    }

    /** What the builds of a job wait for. */
    List<Wait> of(String job) {
        return waits.stream().filter(wait -> wait.jobs.contains(job)).toList();
    }
}
