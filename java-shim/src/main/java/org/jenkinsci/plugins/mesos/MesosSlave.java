package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Descriptor.FormException;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.TaskListener;
import hudson.model.labels.LabelAtom;
import hudson.slaves.AbstractCloudSlave;
import java.io.IOException;
import java.util.Set;

/**
 * An agent that is a Mesos task. It is persisted, so that its build goes on after a restart of Jenkins; nodes that
 * older versions left behind have no cloud id and are removed at start.
 */
public class MesosSlave extends AbstractCloudSlave {
    private static final long serialVersionUID = 1L;

    private final String cloudId;
    private final String cloudName;
    private final double cpus;
    private final double mem;
    private final int idleTerminationMinutes;

    MesosSlave(MesosCloud cloud, MesosSlaveInfo template, Plan.Agent plan) throws FormException, IOException {
        super(
                plan.name(),
                Messages.MesosSlave_description(cloud.name),
                plan.remoteFsRoot(),
                plan.executors(),
                Node.Mode.valueOf(plan.mode()),
                plan.label(),
                new MesosComputerLauncher(),
                new MesosRetentionStrategy(plan.idleTerminationMinutes()),
                template.getNodeProperties());
        cloudId = cloud.getCloudID();
        cloudName = cloud.name;
        cpus = plan.cpus();
        mem = plan.mem();
        idleTerminationMinutes = plan.idleTerminationMinutes();
    }

    /** The cloud it belongs to; null for a node of an older version. */
    public String getCloudId() {
        return cloudId;
    }

    public String getCloudName() {
        return cloudName;
    }

    /** CPUs of the whole task. */
    public double getCpus() {
        return cpus;
    }

    /** MB of the whole task. */
    public double getMem() {
        return mem;
    }

    /** 0: never. */
    public int getIdleTerminationMinutes() {
        return idleTerminationMinutes;
    }

    /**
     * The labels, read anew each time: the constructor of today's Jenkins asks for them before it has set them, and
     * blames the plugin in the log for every agent.
     */
    protected Set<LabelAtom> getLabelAtomSet() {
        return Label.parse(getLabelString());
    }

    @Override
    public MesosComputer createComputer() {
        return new MesosComputer(this);
    }

    @Override
    protected void _terminate(TaskListener listener) {
        MesosFrameworks.release(cloudId, name, Messages.MesosSlave_deleted());
    }

    @Extension
    public static final class DescriptorImpl extends SlaveDescriptor {
        @Override
        public String getDisplayName() {
            return Messages.MesosSlave_displayName();
        }

        @Override
        public boolean isInstantiable() {
            return false;
        }
    }
}
