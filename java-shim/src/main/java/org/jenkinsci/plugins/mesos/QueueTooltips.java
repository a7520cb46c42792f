package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.PageDecorator;
import hudson.slaves.Cloud;
import jenkins.model.Jenkins;

/**
 * In the list of the queue, the tooltip of a build says also what it waits for at Mesos: a script adds what
 * {@link QueueWait} has to say whenever the list is drawn.
 */
@Extension
public final class QueueTooltips extends PageDecorator {
    /** The old host draws its list in another way. */
    private static final boolean THERE = HostTypes.isThere("jenkins.model.TransientActionFactory");

    @SuppressWarnings("this-escape")
    public QueueTooltips() {
        super(QueueTooltips.class);
    }

    /** Whether anything can wait for Mesos. What waits, the queue tells only to those who may know of it. */
    public boolean isShown() {
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (!THERE || jenkins == null) {
            return false;
        }
        for (Cloud each : jenkins.clouds) {
            if (each instanceof MesosCloud) {
                return true;
            }
        }
        return false;
    }
}
