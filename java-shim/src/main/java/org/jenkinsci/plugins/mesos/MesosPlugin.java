package org.jenkinsci.plugins.mesos;

import hudson.Plugin;
import hudson.init.InitMilestone;
import jenkins.model.Jenkins;

/** Closes the frameworks when Jenkins stops; the tasks on Mesos go on. */
public class MesosPlugin extends Plugin {
    @SuppressWarnings("deprecation")
    public MesosPlugin() {}

    /** Before Jenkins reads its settings. */
    @Override
    public void start() {
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (jenkins != null) {
            Upgrade.keepConfig(jenkins.getRootDir().toPath());
        }
    }

    /** Installed into a running Jenkins: nobody tells that all is loaded, since it was before. */
    @Override
    public void postInitialize() {
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (jenkins != null && jenkins.getInitLevel() == InitMilestone.COMPLETED) {
            MesosFrameworks.start();
        }
    }

    @Override
    public void stop() {
        MesosFrameworks.stop();
    }
}
