package org.jenkinsci.plugins.mesos;

import hudson.model.Label;
import hudson.model.Node;
import hudson.model.queue.CauseOfBlockage;
import hudson.slaves.Cloud;
import hudson.slaves.Cloud$CloudState;
import hudson.slaves.CloudProvisioningListener;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What plugins that follow provisioning learn of agents that are requested without Jenkins's own provisioning. */
final class ProvisioningEvents {
    private static final Logger LOGGER = Logger.getLogger(ProvisioningEvents.class.getName());

    private static final boolean THERE = HostTypes.isThere("hudson.slaves.CloudProvisioningListener");

    private ProvisioningEvents() {}

    /** Why a plugin forbids this cloud to serve a label now, or null. */
    static String veto(Cloud cloud, Label label, int executors) {
        return THERE ? Listeners.veto(cloud, label, executors) : null;
    }

    static void started(Cloud cloud, Label label, List<MesosAgent> agents) {
        if (THERE) {
            Listeners.each(listener -> listener.onStarted(cloud, label, planned(agents)));
        }
    }

    /** Jenkins has the node. */
    static void added(MesosAgent agent, Node node) {
        if (THERE && agent.isWithoutDelay()) {
            Listeners.each(listener -> listener.onComplete(agent.planned(), node));
            Listeners.each(listener -> listener.onCommit(agent.planned(), node));
        }
    }

    /** It ended, or was withdrawn, before Jenkins had the node. */
    static void failed(MesosAgent agent, Exception why) {
        if (THERE && agent.isWithoutDelay()) {
            Listeners.each(listener -> listener.onFailure(agent.planned(), why));
        }
    }

    private static Collection<PlannedNode> planned(List<MesosAgent> agents) {
        return agents.stream().map(MesosAgent::planned).toList();
    }

    /** A class of its own, since the types it refers to are not in every host. */
    private static final class Listeners {
        static String veto(Cloud cloud, Label label, int executors) {
            for (CloudProvisioningListener listener : CloudProvisioningListener.all()) {
                CauseOfBlockage cause = listener.canProvision(cloud, new Cloud$CloudState(label, 0), executors);
                if (cause != null) {
                    return cause.getShortDescription();
                }
            }
            return null;
        }

        /** One that fails does not keep the others from being told. */
        static void each(Consumer<CloudProvisioningListener> what) {
            for (CloudProvisioningListener listener : CloudProvisioningListener.all()) {
                try {
                    what.accept(listener);
                } catch (RuntimeException e) {
                    LOGGER.log(Level.WARNING, listener.getClass().getName() + " failed", e);
                }
            }
        }
    }
}
