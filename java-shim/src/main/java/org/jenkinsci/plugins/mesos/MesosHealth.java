package org.jenkinsci.plugins.mesos;

import hudson.slaves.Cloud;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jenkins.model.Jenkins;

/** What is wrong with the clouds that take part in the health check. */
final class MesosHealth {
    /** A master that changes leaves the cloud alone for less. */
    private static final long UNCONNECTED_MILLIS = TimeUnit.MINUTES.toMillis(1);

    private MesosHealth() {}

    /** One sentence each; empty: all is well, or no cloud takes part. */
    static List<String> problems() {
        List<String> problems = new ArrayList<>();
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud cloud && cloud.isEnableMetricsHealthcheck()) {
                String problem = problem(CloudView.of(cloud));
                if (problem != null) {
                    problems.add(cloud.name + ": " + problem);
                }
                for (UnplacedAgents.Label label : UnplacedAgents.labels(System.currentTimeMillis())) {
                    if (label.cloudId().equals(cloud.getCloudID())) {
                        problems.add(cloud.name + ": no agent for label '" + label.label() + "': " + label.reason());
                    }
                }
            }
        }
        return problems;
    }

    private static String problem(CloudView view) {
        Status status = view.getStatus();
        if (status == null) {
            return view.getProblem();
        }
        if (view.getTrouble() != null) {
            return view.getTrouble().text();
        }
        Status.Connection connection = status.connection();
        return connection.message() != null && connection.sinceMillis() >= UNCONNECTED_MILLIS
                ? connection.state() + ": " + connection.message()
                : null;
    }
}
