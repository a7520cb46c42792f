package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.Util;
import hudson.model.UnprotectedRootAction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.servlet.http.HttpServletResponse;
import jenkins.security.HMACConfidentialKey;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.StaplerRequest;
import org.kohsuke.stapler.StaplerResponse;

/**
 * Gives the Mesos agent of a container Docker's file with the login for its image's registry, once:
 * {@code mesos-registry-login/<name>/<code>}. Mesos has no login here, so the code is the permission: only this Jenkins can
 * make it, from a key of its own. One that was not fetched before Jenkins was restarted is not given at all.
 */
@Extension(optional = true)
public final class RegistryLoginAction implements UnprotectedRootAction {
    private static final String PAGE = "mesos-registry-login";

    private static final Pattern ADDRESS = Pattern.compile("/([A-Za-z0-9-]{1,63})/([0-9a-f]{32,128})");

    private static final HMACConfidentialKey CODES = new HMACConfidentialKey(RegistryLoginAction.class, "codes");

    /** Where the login for this agent's image can be fetched, below the address of Jenkins. */
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
            return new Answer(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "This address is for GET.");
        }
        Matcher address = ADDRESS.matcher(Util.fixNull(request.getRestOfPath()));
        if (!address.matches() || !CODES.checkMac(address.group(1), address.group(2))) {
            return new Answer(HttpServletResponse.SC_NOT_FOUND, "No agent has a login here.");
        }
        for (MesosFramework framework : MesosFrameworks.all()) {
            MesosAgent agent = framework.agent(address.group(1));
            if (agent != null) {
                return give(framework, agent, request.getRemoteAddr());
            }
        }
        return gone();
    }

    private static HttpResponse give(MesosFramework framework, MesosAgent agent, String by) {
        if (agent.isReleased() || !agent.registryLoginGiven(by)) {
            return gone();
        }
        byte[] file = framework.registryLogin(agent);
        if (file == null) {
            agent.tell("Its registry credentials are not there: choose others in the container of its template");
            return new Answer(HttpServletResponse.SC_NOT_FOUND, "The registry credentials are not there.");
        }
        return new Answer(HttpServletResponse.SC_OK, file);
    }

    private static HttpResponse gone() {
        return new Answer(HttpServletResponse.SC_GONE, "Nobody gets this login any more.");
    }

    /** No lambda: today's interface has a second method, for today's servlet API, that leads here. */
    private static final class Answer implements HttpResponse {
        private final int status;
        private final byte[] body;

        Answer(int status, String body) {
            this(status, body.getBytes(StandardCharsets.UTF_8));
        }

        Answer(int status, byte[] body) {
            this.status = status;
            this.body = body;
        }

        @Override
        public void generateResponse(StaplerRequest request, StaplerResponse response, Object node)
                throws IOException {
            response.setStatus(status);
            response.setContentType("text/plain;charset=UTF-8");
            response.setHeader("Cache-Control", "no-store");
            response.getOutputStream().write(body);
        }
    }
}
