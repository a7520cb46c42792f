package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.Node;
import jenkins.model.NodeListener;

/**
 * Sees to it that a removed node leaves no computer behind. Today's Jenkins takes a node from its list first and looks
 * after the computer a moment later; when another node is removed or changed in between, that ends the computer too,
 * and the first removal, which then finds none, makes a new one for the node that is gone.
 */
@Extension(optional = true)
public final class RemovedNodes extends NodeListener {
    @Override
    protected void onDeleted(Node node) {
        if (node instanceof MesosSlave && node.toComputer() instanceof MesosComputer computer) {
            computer.endIfRevived();
        }
    }
}
