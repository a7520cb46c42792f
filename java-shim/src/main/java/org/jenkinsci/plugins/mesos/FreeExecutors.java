package org.jenkinsci.plugins.mesos;

import hudson.model.Label;
import hudson.model.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Executors of one node that are free now.
 *
 * @param executors how many
 * @param forLong whether they have been free for so long that a build which waits as long is kept from them
 * @param fresh whether a build that wants an unused agent may have them
 * @param ours the agent, if the node is one of ours
 */
record FreeExecutors(Node node, int executors, boolean forLong, boolean fresh, MesosAgent ours) {

    /** The groups, by their place, whose builds may have them. */
    List<Integer> serves(List<WaitingBuilds.Group> groups) {
        List<Integer> served = new ArrayList<>();
        for (int number = 0; number < groups.size(); number++) {
            if (serves(groups.get(number))) {
                served.add(number);
            }
        }
        return served;
    }

    private boolean serves(WaitingBuilds.Group group) {
        Label label = group.need.label();
        boolean takes = label == null ? node.getMode() == Node.Mode.NORMAL : label.matches(node.getAssignedLabels());
        if (!takes) {
            return false;
        }
        boolean refused = group.need.old() && forLong;
        if (ours == null) {
            return !refused;
        }
        String cloudId = ((MesosSlave) node).getCloudId();
        // another agent of the kind that it would get anyway would be refused as well
        return group.accepts(cloudId, ours.template, ours.image) && (!refused || isFirstChoice(group, cloudId));
    }

    private boolean isFirstChoice(WaitingBuilds.Group group, String cloudId) {
        ServedTemplate.Choice first = group.need.choices().get(0);
        return first.template().cloud.getCloudID().equals(cloudId)
                && first.template().key.equals(ours.template)
                && Objects.equals(first.image(), ours.image);
    }
}
