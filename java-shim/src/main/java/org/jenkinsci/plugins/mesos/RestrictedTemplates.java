package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Node;
import hudson.model.Queue;
import hudson.model.queue.CauseOfBlockage;
import hudson.model.queue.QueueTaskDispatcher;

/** Keeps builds from agents whose template is restricted to other folders or jobs. */
@Extension
public final class RestrictedTemplates extends QueueTaskDispatcher {
    @Override
    public CauseOfBlockage canTake(Node node, Queue.Task task) {
        if (!(node instanceof MesosSlave ours) || ContinuedTasks.goesOn(task)) {
            return null;
        }
        MesosFramework framework = MesosFrameworks.find(ours.getCloudId());
        if (framework == null) {
            return null;
        }
        for (MesosSlaveInfo template : framework.cloud().templates().all()) {
            if (template.key().equals(ours.getTemplateKey()) && !allows(template, task)) {
                return CauseOfBlockage.fromMessage(
                        Messages._RestrictedTemplates_refused(node.getNodeName(), template.key()));
            }
        }
        return null;
    }

    private static boolean allows(MesosSlaveInfo template, Queue.Task task) {
        return !ServedTemplate.isRestricted(template) || ServedTemplate.allows(template, WaitingBuilds.jobOf(task));
    }
}
