package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.LinkedHashMap;
import java.util.Map;
import jenkins.model.Jenkins;
import jenkins.model.identity.InstanceIdentityProvider;

/** How an agent of this host finds its way back: today's Jenkins wants a secret, the old host a file with arguments. */
final class InboundAgents {
    static final boolean TODAY = HostTypes.isThere("jenkins.slaves.JnlpAgentReceiver");

    private InboundAgents() {}

    /** The {@code launch} member of the contract's Request. */
    static Map<String, Object> launch(MesosCloud cloud, MesosAgent agent) {
        Map<String, Object> launch = new LinkedHashMap<>();
        launch.put("protocol", TODAY ? "inbound" : "jnlp");
        launch.put("jenkinsUrl", cloud.agentsJenkinsUrl());
        launch.put("secretPath", TODAY ? Secrets.path(agent.name) : null);
        boolean login = TODAY && RegistryLogins.isNeeded(cloud, agent);
        launch.put("registryLoginPath", login ? Secrets.registryLogin(agent.name) : null);
        launch.put("tunnel", Util.fixEmptyAndTrim(cloud.getTunnel()));
        launch.put("webSocket", TODAY && webSocket(cloud.getConnection()));
        return launch;
    }

    private static boolean webSocket(String connection) {
        return switch (Util.fixNull(connection)) {
            case "websocket" -> true;
            case "tcp" -> false;
            // with the port for agents switched off, as today's Jenkins comes, HTTP is the only way in; and without an
            // identity, which is a plugin of its own, agents refuse to come by TCP
            default -> Jenkins.get().getSlaveAgentPort() < 0 || !Identity.isThere();
        };
    }

    /** A class of its own, since the type it refers to is not in every host. */
    private static final class Identity {
        static boolean isThere() {
            return InstanceIdentityProvider.RSA.getPublicKey() != null;
        }
    }

    /** A class of its own, since the type it refers to is not in every host. */
    private static final class Secrets {
        static String path(String agent) {
            return AgentSecretAction.ADDRESSES.path(agent);
        }

        static String registryLogin(String agent) {
            return RegistryLoginAction.ADDRESSES.path(agent);
        }
    }
}
