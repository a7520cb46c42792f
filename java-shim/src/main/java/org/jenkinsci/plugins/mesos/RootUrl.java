package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import java.util.concurrent.ExecutionException;
import jenkins.model.Jenkins;
import org.kohsuke.stapler.Stapler;

/** The address of this Jenkins, as the administrator has set it. */
final class RootUrl {
    private RootUrl() {}

    /**
     * Null if the administrator gave none. A thread that serves a request would be told the URL of that request
     * instead, which agents need not reach; so another thread asks.
     */
    static String configured() {
        if (Stapler.getCurrentRequest() == null) {
            return Jenkins.get().getRootUrl();
        }
        try {
            return Computer.threadPoolForRemoting.submit(() -> Jenkins.get().getRootUrl()).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the host does not say its root URL", e.getCause());
        }
    }
}
