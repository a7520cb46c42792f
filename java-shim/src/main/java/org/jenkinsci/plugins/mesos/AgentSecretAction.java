package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import javax.servlet.http.HttpServletResponse;
import jenkins.security.HMACConfidentialKey;
import jenkins.slaves.JnlpAgentReceiver;

/** Gives an agent its secret, once: {@code mesos-agent-secret/<name>/<code>}. */
@Extension(optional = true)
public final class AgentSecretAction extends GivenOnceAction {
    private static final String PAGE = "mesos-agent-secret";

    private static final HMACConfidentialKey CODES = new HMACConfidentialKey(AgentSecretAction.class, "codes");

    public AgentSecretAction() {
        super(PAGE, CODES);
    }

    /** Where this agent's secret can be fetched, below the address of Jenkins. */
    static String path(String agent) {
        return path(PAGE, CODES, agent);
    }

    @Override
    Answer answer(String agent, String by) {
        return switch (AgentSecrets.ask(agent, by)) {
            case GIVE -> new Answer(HttpServletResponse.SC_OK, JnlpAgentReceiver.SLAVE_SECRET.mac(agent));
            case GIVEN_BEFORE -> new Answer(
                    HttpServletResponse.SC_GONE,
                    "The secret of " + agent + " was already handed out; nobody gets it a second time.");
            case OVER -> new Answer(
                    HttpServletResponse.SC_GONE, "No agent " + agent + " is being started; nobody gets its secret.");
            case UNCLEAR -> new Answer(
                    HttpServletResponse.SC_INTERNAL_SERVER_ERROR,
                    "The secret of " + agent + " cannot be handed out: see the log of Jenkins.");
        };
    }
}
