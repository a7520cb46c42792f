package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import javax.servlet.http.HttpServletResponse;
import jenkins.slaves.JnlpAgentReceiver;

/** Gives an agent its secret, once: {@code mesos-agent-secret/<name>/<code>}. */
@Extension(optional = true)
public final class AgentSecretAction extends GivenOnceAction {
    static final Addresses ADDRESSES = new Addresses("mesos-agent-secret", AgentSecretAction.class);

    public AgentSecretAction() {
        super(ADDRESSES);
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
