package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.Util;
import hudson.model.UnprotectedRootAction;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.servlet.http.HttpServletResponse;
import jenkins.security.HMACConfidentialKey;
import jenkins.slaves.JnlpAgentReceiver;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.StaplerRequest;
import org.kohsuke.stapler.StaplerResponse;

/**
 * Gives an agent its secret, once: {@code mesos-agent-secret/<name>/<code>}. Mesos fetches it for the agent and has no
 * login, so the code is the permission: only this Jenkins can make it, from a key of its own.
 */
@Extension(optional = true)
public final class AgentSecretAction implements UnprotectedRootAction {
    private static final String PAGE = "mesos-agent-secret";

    private static final Pattern ADDRESS = Pattern.compile("/([A-Za-z0-9-]{1,63})/([0-9a-f]{32,128})");

    private static final HMACConfidentialKey CODES = new HMACConfidentialKey(AgentSecretAction.class, "codes");

    /** Where this agent's secret can be fetched, below the address of Jenkins. */
    static String path(String agent) {
        return PAGE + "/" + agent + "/" + CODES.mac(agent);
    }

    @Override
    public String getIconFileName() {
        return null;
    }

    @Override
    public String getDisplayName() {
        return null;
    }

    @Override
    public String getUrlName() {
        return PAGE;
    }

    public HttpResponse doDynamic(StaplerRequest request) {
        if (!"GET".equals(request.getMethod())) {
            return new Text(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "This address is for GET.");
        }
        Matcher address = ADDRESS.matcher(Util.fixNull(request.getRestOfPath()));
        if (!address.matches() || !CODES.checkMac(address.group(1), address.group(2))) {
            return new Text(HttpServletResponse.SC_NOT_FOUND, "No agent has its secret here.");
        }
        String agent = address.group(1);
        return switch (AgentSecrets.ask(agent, request.getRemoteAddr())) {
            case GIVE -> new Text(HttpServletResponse.SC_OK, JnlpAgentReceiver.SLAVE_SECRET.mac(agent));
            case GIVEN_BEFORE -> new Text(
                    HttpServletResponse.SC_GONE,
                    "The secret of " + agent + " was already handed out; nobody gets it a second time.");
            case OVER -> new Text(
                    HttpServletResponse.SC_GONE, "No agent " + agent + " is being started; nobody gets its secret.");
            case UNCLEAR -> new Text(
                    HttpServletResponse.SC_INTERNAL_SERVER_ERROR,
                    "The secret of " + agent + " cannot be handed out: see the log of Jenkins.");
        };
    }

    /** No lambda: today's interface has a second method, for today's servlet API, that leads here. */
    private static final class Text implements HttpResponse {
        private final int status;
        private final String body;

        Text(int status, String body) {
            this.status = status;
            this.body = body;
        }

        @Override
        public void generateResponse(StaplerRequest request, StaplerResponse response, Object node)
                throws IOException {
            response.setStatus(status);
            response.setContentType("text/plain;charset=UTF-8");
            response.setHeader("Cache-Control", "no-store");
            PrintWriter out = response.getWriter();
            out.print(body);
            out.flush();
        }
    }
}
