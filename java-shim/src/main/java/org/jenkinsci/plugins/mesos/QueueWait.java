package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Action;
import hudson.model.InvisibleAction;
import hudson.model.Queue;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import jenkins.model.TransientActionFactory;
import org.kohsuke.stapler.export.Exported;
import org.kohsuke.stapler.export.ExportedBean;

/**
 * With a build that waits in the queue: what it waits for at Mesos. Jenkins's own reason, which no plugin can change
 * while a build may begin at any time, speaks of nodes, and there is none before Mesos has accepted an agent. It is in
 * {@code /queue/api/}, where {@link QueueTooltips} has it from.
 */
@ExportedBean(defaultVisibility = 2)
public final class QueueWait extends InvisibleAction {
    private final String task;
    private final List<DemandReport.Wait> waits;

    private QueueWait(String task, List<DemandReport.Wait> waits) {
        this.task = task;
        this.waits = waits;
    }

    /** Of an item of the queue; null if it does not wait for an agent of ours. */
    static QueueWait of(Queue.Item item) {
        String job = item instanceof Queue.BuildableItem ? WaitingBuilds.jobOf(item.task) : null;
        if (job == null) {
            return null;
        }
        List<DemandReport.Wait> waits = Demand.report().of(job, WaitingBuilds.labelOf((Queue.BuildableItem) item));
        return waits.isEmpty() ? null : new QueueWait(item.task.getUrl(), waits);
    }

    /** What it waits for. */
    @Exported
    public String getMesosWait() {
        return waits.stream().map(Demand::tell).collect(Collectors.joining("\n"));
    }

    /** The address of what is queued, from the root of Jenkins; the list of the queue has links to it. */
    @Exported
    public String getTaskUrl() {
        return task;
    }

    /** Today's Jenkins only; the old host shows the clouds' page. */
    @Extension(optional = true)
    public static final class Factory extends TransientActionFactory<Queue.Item> {
        @Override
        public Class<Queue.Item> type() {
            return Queue.Item.class;
        }

        /** The queue asks its items for actions of other types all the time. */
        @Override
        public Class<? extends Action> actionType() {
            return QueueWait.class;
        }

        @Override
        public Collection<? extends Action> createFor(Queue.Item item) {
            QueueWait wait = QueueWait.of(item);
            return wait == null ? List.of() : List.of(wait);
        }
    }
}
