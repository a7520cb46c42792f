package org.jenkinsci.plugins.mesos;

import com.thoughtworks.xstream.converters.UnmarshallingContext;
import com.thoughtworks.xstream.io.HierarchicalStreamReader;
import hudson.Extension;
import hudson.model.Descriptor.FormException;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.Queue;
import hudson.model.TaskListener;
import hudson.model.labels.LabelAtom;
import hudson.model.queue.CauseOfBlockage;
import hudson.slaves.AbstractCloudSlave;
import hudson.util.XStream2;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import net.sf.json.JSONObject;
import org.kohsuke.stapler.StaplerRequest;

/**
 * An agent that is a Mesos task. It is persisted, so that its build goes on after a restart of Jenkins; nodes that
 * older versions left behind have no cloud id and are removed at start.
 */
public class MesosSlave extends AbstractCloudSlave {
    private static final long serialVersionUID = 2L;
    private static final Logger LOGGER = Logger.getLogger(MesosSlave.class.getName());

    private final String cloudId;
    private final String cloudName;
    private final String templateKey;
    private final String image;
    private final double cpus;
    private final double mem;
    private final int idleTerminationMinutes;
    private final boolean singleUse;
    private final int maxBuilds;
    private final int maxHours;
    private final long createdAt;

    /** How many builds have begun on it. */
    private int builds;

    /** A build has it for itself: it takes no other, in this life of Jenkins and in the next. */
    private boolean used;

    /** A build that it took would come back after a restart of Jenkins. */
    private boolean comesBack;

    /** False for a node that was read from disk: Jenkins was restarted since it was made. */
    private final transient boolean ofThisLife;

    private transient volatile Labels labels;

    MesosSlave(MesosCloud cloud, MesosSlaveInfo template, Plan.Agent plan) throws FormException, IOException {
        super(
                plan.name(),
                Messages.MesosSlave_description(cloud.name),
                plan.remoteFsRoot(),
                plan.singleUse() ? 1 : plan.executors(),
                Node.Mode.valueOf(plan.mode()),
                plan.label(),
                new MesosComputerLauncher(),
                new MesosRetentionStrategy(plan.idleTerminationMinutes()),
                template.getNodeProperties());
        cloudId = cloud.getCloudID();
        cloudName = cloud.name;
        templateKey = plan.template();
        image = plan.image();
        cpus = plan.cpus();
        mem = plan.mem();
        idleTerminationMinutes = plan.idleTerminationMinutes();
        singleUse = plan.singleUse();
        maxBuilds = plan.maxBuilds();
        maxHours = plan.maxHours();
        createdAt = System.currentTimeMillis();
        ofThisLife = true;
    }

    /** The cloud it belongs to; null for a node of an older version. */
    public String getCloudId() {
        return cloudId;
    }

    public String getCloudName() {
        return cloudName;
    }

    /** The template's name, else its whole label string. */
    public String getTemplateKey() {
        return templateKey == null ? getLabelString() : templateKey;
    }

    /** The Docker image that its build chose, or null. */
    public String getImage() {
        return image;
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

    /** Whether it takes one build only. */
    public boolean isSingleUse() {
        return singleUse;
    }

    /** 0: any number. */
    public int getMaxBuilds() {
        return maxBuilds;
    }

    /** For how many hours it takes builds; 0: always. */
    public int getMaxHours() {
        return maxHours;
    }

    /** How many builds have begun on it; one that goes on after a restart of Jenkins counts once. */
    public synchronized int getBuilds() {
        return builds;
    }

    /** Unix milliseconds; 0 if that was not noted. */
    public long getCreatedAt() {
        return createdAt;
    }

    /** Whether a build has it for itself, so that it takes no other. */
    public synchronized boolean isUsed() {
        return used;
    }

    /** Whether it was there before the last start of Jenkins. */
    boolean isRestored() {
        return !ofThisLife;
    }

    /** Whether a build that it had before the last start of Jenkins may come back to it. */
    synchronized boolean isComingBack() {
        return isRestored() && comesBack;
    }

    /**
     * Whether it takes no further build. A build that goes on after a restart is no further one.
     *
     * @param now Unix milliseconds
     */
    boolean isFull(long now) {
        return fullBecause(now) != null;
    }

    /** Whether it has had its last build, whatever its age. */
    synchronized boolean isUsedUp() {
        return used || maxBuilds > 0 && builds >= maxBuilds;
    }

    private boolean isTooOld(long now) {
        return maxHours > 0 && createdAt > 0 && now - createdAt >= TimeUnit.HOURS.toMillis(maxHours);
    }

    /** Why it {@link #isFull}; null if it is not. */
    synchronized String fullBecause(long now) {
        if (used) {
            return Messages.MesosSlave_used();
        }
        if (isTooOld(now)) {
            return Messages.MesosSlave_maxHours(maxHours);
        }
        return maxBuilds > 0 && builds >= maxBuilds ? Messages.MesosSlave_maxBuilds(maxBuilds) : null;
    }

    /**
     * A build was given to it and begins after this: that is on disk before the build can end.
     *
     * @param alone the build wants the agent for itself
     * @param returns the build would come back after a restart of Jenkins
     */
    void buildBegins(boolean alone, boolean returns) {
        boolean matters;
        synchronized (this) {
            builds++;
            used |= singleUse || alone;
            // the first is noted always: a build that wants an unused agent must not get it after a restart
            matters = builds == 1 || used || maxBuilds > 0 || returns && !comesBack;
            comesBack |= returns;
        }
        if (matters) {
            save("its build has begun");
        }
    }

    /** The build that it has wants it for itself from now on. */
    void takeNoMore() {
        synchronized (this) {
            if (used) {
                return;
            }
            used = true;
        }
        save("its build wants it alone");
    }

    private void save(String what) {
        try {
            Jenkins.get().updateNode(this);
        } catch (IOException | RuntimeException e) {
            LOGGER.log(Level.WARNING, name + ": cannot write down that " + what, e);
        }
    }

    /** Reads also nodes of older versions, so that they can be removed; the host finds it by its name. */
    public static final class ConverterImpl extends XStream2.PassthruConverter<MesosSlave> {
        private static final Set<String> OLD_ELEMENTS =
                Set.of("cloud", "slaveInfo", "diskNeeded", "uuid", "pendingDelete");

        public ConverterImpl(XStream2 xstream) {
            super(xstream);
        }

        @Override
        public Object unmarshal(HierarchicalStreamReader reader, UnmarshallingContext context) {
            return super.unmarshal(new KeepingReader(reader, OLD_ELEMENTS), context);
        }

        @Override
        protected void callback(MesosSlave node, UnmarshallingContext context) {
            // nothing is kept of an old node
        }
    }

    @Override
    public MesosComputer createComputer() {
        return new MesosComputer(this);
    }

    /** What the old host asks. */
    @Override
    @Deprecated
    public CauseOfBlockage canTake(Queue.Task task) {
        CauseOfBlockage host = super.canTake(task);
        return host == null ? refusal(task) : host;
    }

    @Override
    public CauseOfBlockage canTake(Queue.BuildableItem item) {
        CauseOfBlockage host = super.canTake(item);
        return host == null ? refusal(item.task) : host;
    }

    private CauseOfBlockage refusal(Queue.Task task) {
        if (ContinuedTasks.goesOn(task)) {
            return null;
        }
        if (SingleUse.needsNoAgent(task)) {
            return CauseOfBlockage.fromMessage(Messages._MesosSlave_needsNoAgent());
        }
        long now = System.currentTimeMillis();
        if (isFull(now)) {
            return CauseOfBlockage.fromMessage(Messages._MesosSlave_takesNoMore(name, fullBecause(now)));
        }
        boolean alone = SingleUse.wantsFresh(task);
        if (alone && getBuilds() > 0) {
            return CauseOfBlockage.fromMessage(Messages._MesosSlave_hadABuild(name));
        }
        if (toComputer() instanceof MesosComputer computer) {
            String why = computer.refusal();
            Object unreachable = why == null ? computer.unreachable() : null;
            if (why != null || unreachable != null) {
                return CauseOfBlockage.fromMessage(
                        Messages._MesosSlave_takesNoMore(name, why == null ? unreachable : why));
            }
            if (maxBuilds > 0 && getBuilds() + computer.beginning() >= maxBuilds) {
                return CauseOfBlockage.fromMessage(
                        Messages._MesosSlave_takesNoMore(name, Messages.MesosSlave_maxBuilds(maxBuilds)));
            }
            if (computer.isHeldAlone() || (alone || singleUse) && computer.hasWork()) {
                return CauseOfBlockage.fromMessage(Messages._MesosSlave_isShared(name));
            }
        }
        return null;
    }

    /**
     * Today's host asks for this already in its own constructor, before it has read the label, and takes the answer
     * that is missing then for a fault of this class.
     */
    @Override
    protected Set<LabelAtom> getLabelAtomSet() {
        String text = getLabelString();
        Labels known = labels;
        if (known == null || !known.text.equals(text)) {
            known = new Labels(text, Set.copyOf(Label.parse(text)));
            labels = known;
        }
        return known.atoms;
    }

    private record Labels(String text, Set<LabelAtom> atoms) {}

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

        /** The page of an agent's settings only shows them: saving it leaves the node as it is. */
        @Override
        public Node newInstance(StaplerRequest request, JSONObject form) throws FormException {
            MesosComputer saved = request.findAncestorObject(MesosComputer.class);
            Node node = saved == null ? null : saved.getNode();
            if (node == null) {
                throw new FormException(Messages.MesosSlave_notByHand(), "name");
            }
            return node;
        }
    }
}
