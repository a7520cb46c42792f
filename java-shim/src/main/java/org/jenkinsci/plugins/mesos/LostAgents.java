package org.jenkinsci.plugins.mesos;

import java.util.LinkedHashMap;
import java.util.Map;
import jenkins.model.Jenkins;

/** The agents whose task ended although nobody had released it, with the event of Mesos that told so. */
final class LostAgents {
    /** Remembered for builds that look for the reason a little later. */
    private static final int KEPT = 1000;

    private static final Map<String, String> EVENTS = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > KEPT;
        }
    };

    private LostAgents() {}

    /**
     * Remembers a lost agent, and ends at once what Pipelines run on it. To be told before its node is removed, on a
     * thread that may take locks of Jenkins.
     *
     * @param event which event of Mesos ended it
     */
    static void lost(String agent, String event) {
        synchronized (EVENTS) {
            EVENTS.put(agent, event);
        }
        if (HostTypes.PIPELINES) {
            PipelineInterruption.lost(agent, event);
        }
    }

    /** The event that ended an agent that was lost; null if it was not, or long ago. */
    static String event(String agent) {
        synchronized (EVENTS) {
            return EVENTS.get(agent);
        }
    }

    /**
     * Whether an agent that cannot be reached was lost: Mesos has told so, or has not yet while nobody released it.
     *
     * @param agent a node's name; null is none
     */
    static boolean isLost(String agent) {
        if (agent == null) {
            return false;
        }
        if (event(agent) != null) {
            return true;
        }
        if (Jenkins.get().getNode(agent) instanceof MesosSlave node) {
            MesosAgent known = MesosFrameworks.agent(node.getCloudId(), agent);
            return known == null || !known.isReleased();
        }
        return false;
    }
}
