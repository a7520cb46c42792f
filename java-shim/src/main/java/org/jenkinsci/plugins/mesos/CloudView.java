package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.List;
import java.util.Map;
import java.util.MissingResourceException;
import java.util.TreeMap;
import jenkins.model.Jenkins;
import org.jvnet.localizer.ResourceBundleHolder;

/** One cloud as its page shows it. */
public final class CloudView {
    private final MesosCloud cloud;
    private final String problem;
    private final Status status;
    private final RoleShares roles;
    private final CloudHistory.Note trouble;
    private final List<CloudHistory.Note> notes;
    private final List<String> pauses;

    private CloudView(MesosCloud cloud, MesosFramework framework, String problem, Status status, RoleShares roles) {
        this.cloud = cloud;
        this.problem = problem;
        this.status = status;
        this.roles = roles;
        boolean open = framework != null;
        // otherwise the present state of the connection tells
        boolean idle = status != null && "idle".equals(status.connection().state());
        trouble = idle ? framework.history().trouble() : null;
        notes = open ? framework.history().notes() : List.of();
        pauses = open ? pauses(framework) : List.of();
    }

    static CloudView of(MesosCloud cloud) {
        MesosFramework framework = MesosFrameworks.find(cloud.getCloudID());
        String problem = MesosFrameworks.problem(cloud.getCloudID());
        if (framework == null) {
            return new CloudView(cloud, null, problem == null ? Messages.CloudView_opening() : problem, null, null);
        }
        if (problem == null && cloud.agentsJenkinsUrl() == null) {
            problem = Messages.MesosCloud_noJenkinsUrl();
        }
        try {
            return new CloudView(cloud, framework, problem, framework.status(), framework.roles());
        } catch (NativeException | IllegalArgumentException e) {
            return new CloudView(cloud, framework, e.getMessage(), null, null);
        }
    }

    private static List<String> pauses(MesosFramework framework) {
        return framework.pauses().entrySet().stream()
                .map(pause -> pause.getKey().isEmpty()
                        ? Messages.CloudView_pausedWithoutLabel(pause.getValue())
                        : Messages.CloudView_paused(pause.getKey(), pause.getValue()))
                .toList();
    }

    public MesosCloud getCloud() {
        return cloud;
    }

    /** The configured master; the password that a zk:// address may hold is not shown. */
    public String getMasterWithoutPassword() {
        return cloud.masterWithoutPassword();
    }

    /** Why it does not run, or what to know although it does; null if there is nothing to say. */
    public String getProblem() {
        return problem;
    }

    /** Null while the cloud is not open. */
    public Status getStatus() {
        return status;
    }

    /** The state of the connection in the reader's language; only of a cloud that is open. */
    public String getConnection() {
        return words("state", status.connection().state());
    }

    /** For how long the connection has been in its state, in the reader's language. */
    public String getSince() {
        return Util.getTimeSpanString(status.connection().sinceMillis());
    }

    /** What was counted since the cloud was opened, by what it is in the reader's language. */
    public Map<String, Long> getCounters() {
        Map<String, Long> counters = new TreeMap<>();
        status.counters().forEach((name, count) -> counters.put(words("counter", name), count));
        return counters;
    }

    /** A name of the contract in words; as it is if this plugin has none for it. */
    private static String words(String kind, String name) {
        try {
            return ResourceBundleHolder.get(Messages.class).format("CloudView." + kind + "." + name);
        } catch (MissingResourceException e) {
            return name;
        }
    }

    /** Who else wants the cloud's roles; null while the cloud is not open. */
    public RoleShares getRoles() {
        return roles;
    }

    /** Why the master of a cloud that rests could not be used when it was tried last; null if it could. */
    public CloudHistory.Note getTrouble() {
        return trouble;
    }

    public List<CloudHistory.Note> getNotes() {
        return notes;
    }

    /** What is to be known of templates whose last agents failed; one sentence each. */
    public List<String> getPauses() {
        return pauses;
    }

    /** Builds that this cloud serves and that wait for an executor. */
    public List<DemandReport.Wait> getWaits() {
        return Demand.report().waits().stream()
                .filter(wait -> cloud.getCloudID().equals(wait.cloudId()))
                .toList();
    }

    /** A number without a needless fraction. */
    public String amount(double value) {
        return MesosFramework.amount(value);
    }

    /** The name of the node if Jenkins still has it, so that the page can link to it. */
    public boolean hasNode(String name) {
        return Jenkins.get().getNode(name) != null;
    }
}
