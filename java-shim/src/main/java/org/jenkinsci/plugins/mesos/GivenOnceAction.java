package org.jenkinsci.plugins.mesos;

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
 * An address below which Mesos fetches something secret for an agent, once: {@code <page>/<name>/<code>}. Mesos has no
 * login here, so the code is the permission: only this Jenkins can make it, from a key of its own.
 */
public abstract class GivenOnceAction implements UnprotectedRootAction {
    private final Addresses addresses;

    GivenOnceAction(Addresses addresses) {
        this.addresses = addresses;
    }

    /** The addresses of one kind of secret. */
    static final class Addresses {
        private static final Pattern REST = Pattern.compile("/([A-Za-z0-9-]{1,63})/([0-9a-f]{32,128})");

        private final String page;
        private final HMACConfidentialKey codes;

        /**
         * @param page the first part of each, below the address of Jenkins
         * @param owner whose key makes the codes
         */
        Addresses(String page, Class<? extends GivenOnceAction> owner) {
            this.page = page;
            codes = new HMACConfidentialKey(owner, "codes");
        }

        /** Where it can be fetched for an agent, below the address of Jenkins. */
        String path(String agent) {
            return page + "/" + agent + "/" + codes.mac(agent);
        }

        /**
         * The agent that an address was made for; null: this Jenkins has made no such address.
         *
         * @param rest what of it comes after the page; may be null
         */
        String agent(String rest) {
            Matcher parts = REST.matcher(Util.fixNull(rest));
            return parts.matches() && codes.checkMac(parts.group(1), parts.group(2)) ? parts.group(1) : null;
        }
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
        return addresses.page;
    }

    public HttpResponse doDynamic(StaplerRequest request) {
        if (!"GET".equals(request.getMethod())) {
            return new Answer(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "This address is for GET.");
        }
        String agent = addresses.agent(request.getRestOfPath());
        if (agent == null) {
            return new Answer(HttpServletResponse.SC_NOT_FOUND, "There is nothing for any agent here.");
        }
        return answer(agent, request.getRemoteAddr());
    }

    /**
     * Called by the thread of a request.
     *
     * @param agent one that this Jenkins has named in an address once; it may be over
     * @param by who asks
     */
    abstract Answer answer(String agent, String by);

    /** No lambda: today's interface has a second method, for today's servlet API, that leads here. */
    static final class Answer implements HttpResponse {
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
