package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Tries the master of a cloud that registers on demand: as long as nothing waits such a cloud is idle, and a wrong
 * address or login would be found by the first build. That is done once after each change of its settings, and again
 * while it fails. Registers nothing, like Test Connection.
 */
final class MasterLook {
    private static final long AGAIN_MILLIS = TimeUnit.MINUTES.toMillis(1);

    private final CloudHistory history;
    private byte[] config;
    private boolean looking;
    private boolean looked;
    private long lookedAt;

    MasterLook(CloudHistory history) {
        this.history = history;
    }

    /**
     * The settings are others than before.
     *
     * @param changed the contract's Config with the login; null: the cloud is registered all the time, so its
     *     connection
     *     tells
     */
    synchronized void settings(byte[] changed) {
        config = changed;
        looked = false;
    }

    /** To be called now and then while the cloud is idle; never waits. */
    synchronized void whileIdle() {
        long now = System.currentTimeMillis();
        boolean again = history.trouble() != null && now - lookedAt >= AGAIN_MILLIS;
        if (config != null && !looking && (!looked || again)) {
            looking = true;
            looked = true;
            lookedAt = now;
            byte[] used = config;
            Computer.threadPoolForRemoting.submit(() -> look(used));
        }
    }

    private void look(byte[] used) {
        ConnectionReport report = ConnectionTest.probe(used);
        synchronized (this) {
            looking = false;
            if (Arrays.equals(used, config)) {
                history.reached(System.currentTimeMillis(), report.ok() ? null : report.message());
            }
        }
    }
}
