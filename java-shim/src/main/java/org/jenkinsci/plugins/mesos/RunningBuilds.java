package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/** What is to be known of an agent, in the logs of the builds that run on it. */
final class RunningBuilds {
    private static final Logger LOGGER = Logger.getLogger(RunningBuilds.class.getName());

    private RunningBuilds() {}

    /** Tells it on Jenkins's pool, since the logs are on disk; an agent without builds has nobody to tell. */
    static void tell(String agent, String line) {
        Computer.threadPoolForRemoting.submit(() -> {
            Jenkins jenkins = Jenkins.getInstanceOrNull();
            if (jenkins == null || !(jenkins.getComputer(agent) instanceof MesosComputer computer)) {
                return;
            }
            try {
                BuildLog.tell(computer, line);
                if (HostTypes.PIPELINES) {
                    PipelineInterruption.tell(computer, line);
                }
            } catch (RuntimeException | LinkageError e) {
                LOGGER.log(Level.WARNING, "cannot tell the builds of " + agent + ": " + line, e);
            }
        });
    }
}
