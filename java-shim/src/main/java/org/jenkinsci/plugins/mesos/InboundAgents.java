package org.jenkinsci.plugins.mesos;

import java.util.LinkedHashMap;
import java.util.Map;
import jenkins.model.Jenkins;
import jenkins.slaves.JnlpAgentReceiver;

/** How an agent of this host finds its way back: today's Jenkins wants a secret, the old host a file with arguments. */
final class InboundAgents {
    static final boolean TODAY = isThere("jenkins.slaves.JnlpAgentReceiver");

    private InboundAgents() {}

    private static boolean isThere(String type) {
        try {
            Class.forName(type, false, InboundAgents.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** The {@code launch} member of the contract's Request. */
    static Map<String, Object> launch(MesosSlave node, String jenkinsUrl) {
        Map<String, Object> launch = new LinkedHashMap<>();
        launch.put("protocol", TODAY ? "inbound" : "jnlp");
        launch.put("jenkinsUrl", jenkinsUrl);
        launch.put("secret", TODAY ? Secrets.of(node.getNodeName()) : null);
        launch.put("tunnel", null);
        // with the port for agents switched off, as today's Jenkins comes, HTTP is the only way in
        launch.put("webSocket", TODAY && Jenkins.get().getSlaveAgentPort() < 0);
        return launch;
    }

    /** A class of its own, since the type it refers to is not in every host. */
    private static final class Secrets {
        static String of(String name) {
            return JnlpAgentReceiver.SLAVE_SECRET.mac(name);
        }
    }
}
