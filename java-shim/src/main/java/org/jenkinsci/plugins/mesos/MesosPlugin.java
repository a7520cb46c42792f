package org.jenkinsci.plugins.mesos;

import hudson.Plugin;

/** Closes the frameworks when Jenkins stops; the tasks on Mesos go on. */
public class MesosPlugin extends Plugin {
    @SuppressWarnings("deprecation")
    public MesosPlugin() {}

    @Override
    public void stop() {
        MesosFrameworks.stop();
    }
}
