package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.FilePath;
import hudson.XmlFile;
import hudson.model.Computer;
import hudson.model.Saveable;
import hudson.model.TaskListener;
import hudson.model.listeners.ItemListener;
import hudson.model.listeners.SaveableListener;
import hudson.remoting.Channel;
import hudson.slaves.ComputerListener;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * What Jenkins tells: that all is loaded, that its configuration was saved, and how agents' connections come and go.
 */
public final class MesosListeners {
    private static final Logger LOGGER = Logger.getLogger(MesosListeners.class.getName());

    private MesosListeners() {}

    /** Jobs and nodes are loaded: the clouds may open. Nothing that goes wrong here may keep Jenkins from starting. */
    @Extension
    public static final class Loaded extends ItemListener {
        @Override
        public void onLoaded() {
            try {
                MesosFrameworks.start();
            } catch (RuntimeException | LinkageError e) {
                LOGGER.log(Level.SEVERE, "the Mesos clouds cannot be opened", e);
            }
        }
    }

    /** Any save of Jenkins's own configuration may have changed a cloud, and any of a credential its login. */
    @Extension
    public static final class Saved extends SaveableListener {
        @Override
        public void onChange(Saveable object, XmlFile file) {
            if (object instanceof Jenkins || isOfLogins(object)) {
                MesosFrameworks.reconcileSoon();
            }
        }

        /** Files are saved before Jenkins is there, too. */
        private static boolean isOfLogins(Saveable object) {
            LoginStore store = Jenkins.getInstanceOrNull() == null ? null : LoginStore.find();
            return store != null && store.isKeptIn(object);
        }
    }

    /** Agents that connect and leave, and nodes that are removed. */
    @Extension
    public static final class Connections extends ComputerListener {
        @Override
        public void preOnline(Computer computer, Channel channel, FilePath root, TaskListener listener) {
            if (computer instanceof MesosComputer ours) {
                MesosAgent agent = MesosFrameworks.agent(ours.cloudId(), ours.agentName());
                if (agent != null) {
                    agent.tellTo(listener);
                }
            }
        }

        @Override
        public void onOnline(Computer computer, TaskListener listener) {
            if (computer instanceof MesosComputer ours) {
                ours.wentOnline();
                AgentSecrets.removeFile(ours);
                MesosFramework framework = MesosFrameworks.find(ours.cloudId());
                MesosAgent agent = framework == null ? null : framework.agent(ours.agentName());
                MesosSlave node = ours.getNode();
                if (agent != null && node != null) {
                    framework.online(agent, node);
                }
            }
        }

        @Override
        public void onOffline(Computer computer) {
            if (computer instanceof MesosComputer ours) {
                ours.wentOffline();
            }
            Demand.signal();
        }
    }
}
