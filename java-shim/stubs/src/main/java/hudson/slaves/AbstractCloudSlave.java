package hudson.slaves;

import hudson.model.Descriptor.FormException;
import hudson.model.Node;
import hudson.model.Queue;
import hudson.model.Slave;
import hudson.model.TaskListener;
import hudson.model.labels.LabelAtom;
import hudson.model.queue.CauseOfBlockage;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * With members of {@code Node} and {@code Slave} that 1.395 has not got yet. For the compiler only: at run time this is
 * the host's own class, and a host that has not got such a member does not call it either.
 */
public abstract class AbstractCloudSlave extends Slave {
    private static final long serialVersionUID = 1L;

    public AbstractCloudSlave(
            String name,
            String nodeDescription,
            String remoteFS,
            int numExecutors,
            Node.Mode mode,
            String labelString,
            ComputerLauncher launcher,
            RetentionStrategy<?> retentionStrategy,
            List<? extends NodeProperty<?>> nodeProperties)
            throws FormException, IOException {
        super(
                name,
                nodeDescription,
                remoteFS,
                numExecutors,
                mode,
                labelString,
                launcher,
                retentionStrategy,
                nodeProperties);
    }

    @Override
    public abstract AbstractCloudComputer<?> createComputer();

    public void terminate() throws InterruptedException, IOException {}

    protected abstract void _terminate(TaskListener listener) throws IOException, InterruptedException;

    /** Since 1.413; takes the place of the one with a task. */
    public CauseOfBlockage canTake(Queue.BuildableItem item) {
        return null;
    }

    /** What its label string says, without the labels that are found elsewhere. */
    protected Set<LabelAtom> getLabelAtomSet() {
        return Set.of();
    }
}
