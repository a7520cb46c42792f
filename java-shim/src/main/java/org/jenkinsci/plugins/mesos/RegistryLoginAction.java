package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import javax.servlet.http.HttpServletResponse;

/**
 * Gives the Mesos agent of a container Docker's file with the login for its image's registry, once:
 * {@code mesos-registry-login/<name>/<code>}.
 */
@Extension(optional = true)
public final class RegistryLoginAction extends GivenOnceAction {
    static final Addresses ADDRESSES = new Addresses("mesos-registry-login", RegistryLoginAction.class);

    public RegistryLoginAction() {
        super(ADDRESSES);
    }

    @Override
    Answer answer(String agent, String by) {
        RegistryLogins.Answer answer = RegistryLogins.ask(agent, by);
        return switch (answer.reply()) {
            case GIVE -> new Answer(HttpServletResponse.SC_OK, answer.file());
            case GIVEN_BEFORE, OVER -> new Answer(
                    HttpServletResponse.SC_GONE, "Nobody gets the login of " + agent + " any more.");
            case UNCLEAR -> new Answer(
                    HttpServletResponse.SC_INTERNAL_SERVER_ERROR,
                    "The login of " + agent + " cannot be handed out: see its log.");
        };
    }
}
