package org.jenkinsci.plugins.mesos;

import hudson.model.TaskListener;
import hudson.slaves.JNLPLauncher;
import hudson.slaves.SlaveComputer;

/**
 * Asks Mesos for the task and returns: the agent connects by itself, as an inbound one does, so no thread of Jenkins
 * waits for it. How it gets on is in the agent's log.
 */
public class MesosComputerLauncher extends JNLPLauncher {
    @Override
    public boolean isLaunchSupported() {
        return true;
    }

    @Override
    public void launch(SlaveComputer computer, TaskListener listener) {
        if (!(computer.getNode() instanceof MesosSlave node)) {
            return;
        }
        MesosFramework framework = MesosFrameworks.find(node.getCloudId());
        if (framework == null) {
            listener.getLogger().println("The Mesos cloud " + node.getCloudName() + " is not open yet; the agent, if it"
                    + " still runs, connects by itself.");
        } else {
            framework.launch(node, listener);
        }
    }
}
