package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Failure;
import hudson.model.Label;
import hudson.model.Queue;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import jenkins.model.Jenkins;

/**
 * What Jenkins's own provisioning asks of a cloud. With {@link Demand} that is only needed where a cloud of another
 * plugin comes first, so that Jenkins has to decide between them. Never waits: Mesos and the disk are left to other
 * threads.
 */
final class Provisioning {
    private Provisioning() {}

    static Collection<PlannedNode> provision(MesosCloud cloud, Label label, int excessWorkload) {
        if (Demand.isFor(label)) {
            Demand.signal();
            return List.of();
        }
        return plan(cloud, label, excessWorkload);
    }

    private static Collection<PlannedNode> plan(MesosCloud cloud, Label label, int excessWorkload) {
        List<PlannedNode> planned = new ArrayList<>();
        ServedTemplate.Choice choice = cloud.templates().choiceFor(label);
        MesosFramework framework = MesosFrameworks.find(cloud.getCloudID());
        int excess = label == null ? Math.min(excessWorkload, waitingWithoutLabel()) : excessWorkload;
        if (choice == null || framework == null || excess < 1 || Jenkins.get().isQuietingDown()) {
            return planned;
        }
        if (cloud.agentsJenkinsUrl() == null) {
            framework.history().complain(cloud.name, Messages.MesosCloud_noJenkinsUrl());
            return planned;
        }
        try {
            for (MesosAgent agent : framework.request(choice, excess)) {
                planned.add(new PlannedNode(agent.name, agent.online(), agent.executors));
            }
        } catch (NativeException | IllegalArgumentException e) {
            framework.history().complain(cloud.name, e.getMessage());
        }
        return planned;
    }

    /**
     * One agent that a person asks for; it stays though no build waits for it.
     *
     * @param key of the template
     * @throws Failure for the person, if it cannot be asked for
     */
    static void byHand(MesosCloud cloud, String key) {
        MesosSlaveInfo template = cloud.getSlaveInfos().stream()
                .filter(each -> each.key().equals(Util.fixNull(key)))
                .findFirst()
                .orElseThrow(() -> new Failure(Messages.Provisioning_noTemplate(key)));
        MesosFramework framework = MesosFrameworks.find(cloud.getCloudID());
        if (framework == null) {
            throw new Failure(Messages.Provisioning_notOpen(cloud.name));
        }
        if (Jenkins.get().isQuietingDown()) {
            throw new Failure(Messages.Provisioning_quiet());
        }
        if (cloud.agentsJenkinsUrl() == null) {
            throw new Failure(Messages.MesosCloud_noJenkinsUrl());
        }
        try {
            framework.requestByHand(template);
        } catch (NativeException | IllegalArgumentException e) {
            throw new Failure(e.getMessage());
        }
    }

    /**
     * Builds without a label that wait for an executor. Old hosts count the labelled ones as well when they ask for
     * agents without label.
     */
    private static int waitingWithoutLabel() {
        int count = 0;
        for (Queue.BuildableItem item : Queue.getInstance().getBuildableItems()) {
            if (WaitingBuilds.labelOf(item) == null) {
                count++;
            }
        }
        return count;
    }
}
