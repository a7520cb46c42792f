package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.Label;
import hudson.slaves.Cloud;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * Provisioning without delay: whenever the queue or an agent has changed, it is looked at what waits and what is there,
 * and each waiting build without an executor gets an agent of its own, at once. A request is withdrawn when its build
 * has left the queue. Whoever notices a change only signals one thread, which does all of it.
 *
 * <p>The system property {@code org.jenkinsci.plugins.mesos.noDelay=false} leaves provisioning to Jenkins.
 */
final class Demand {
    private static final Logger LOGGER = Logger.getLogger(Demand.class.getName());

    /** Changes come in swarms, and a build that was just queued may get a free executor in a moment. */
    private static final long GATHER_MILLIS = 40;

    /** Beside the signals, for what nobody tells; the old host tells nothing of its queue. */
    private static final long PERIOD_MILLIS = HostTypes.isThere("hudson.model.queue.QueueListener") ? 10_000 : 1000;

    private static volatile boolean on =
            !"false".equalsIgnoreCase(System.getProperty("org.jenkinsci.plugins.mesos.noDelay"));

    private static volatile DemandReport report = DemandReport.NONE;

    private static Demand running;

    private boolean signalled;
    private boolean stopped;

    private Demand() {}

    static boolean isOn() {
        return on;
    }

    /** For tests, and for administrators in the script console. */
    static void set(boolean enabled) {
        on = enabled;
        signal();
    }

    /** Begins to look; does nothing if it has begun. */
    static synchronized void start() {
        if (running == null) {
            running = new Demand();
            Thread thread = new Thread(running::run, "mesos demand");
            thread.setDaemon(true);
            thread.setContextClassLoader(Demand.class.getClassLoader());
            thread.start();
        }
    }

    /** Ends it. What is requested stays so. */
    static synchronized void stop() {
        if (running != null) {
            running.stopNow();
            running = null;
            report = DemandReport.NONE;
        }
    }

    /** Something has changed. Returns at once, whatever locks the caller has. */
    static void signal() {
        Demand demand;
        synchronized (Demand.class) {
            demand = running;
        }
        if (demand != null) {
            demand.wake();
        }
    }

    /** What the last look has found. */
    static DemandReport report() {
        return report;
    }

    private synchronized void wake() {
        signalled = true;
        notifyAll();
    }

    private synchronized void stopNow() {
        stopped = true;
        notifyAll();
    }

    /** Waits for a signal, or until the time has come; false when it was stopped. */
    private synchronized boolean await(long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = millis; !signalled && !stopped && left > 0; left = millisUntil(end)) {
            wait(left);
        }
        long gathered = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
        for (long left = GATHER_MILLIS; !stopped && left > 0; left = millisUntil(gathered)) {
            wait(left);
        }
        signalled = false;
        return !stopped;
    }

    private static long millisUntil(long end) {
        return TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime() + 999_999);
    }

    private void run() {
        try {
            long next = 0;
            while (await(next)) {
                try {
                    // as Jenkins itself, which the threads of its pool are
                    next = Computer.threadPoolForRemoting.submit(Demand::look).get();
                } catch (ExecutionException e) {
                    LOGGER.log(Level.WARNING, "cannot look after waiting builds", e.getCause());
                    next = PERIOD_MILLIS;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One look; the milliseconds until the next one is due. */
    private static long look() {
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (jenkins == null || !on) {
            return PERIOD_MILLIS;
        }
        DemandReport found = DemandPass.run(jenkins, System.currentTimeMillis());
        report = found;
        return Math.min(PERIOD_MILLIS, found.nextMillis());
    }

    /** Whether builds with this label, or without one, get their agents here and not by Jenkins's own provisioning. */
    static boolean isFor(Label label) {
        if (!on) {
            return false;
        }
        Jenkins jenkins = Jenkins.getInstanceOrNull();
        if (jenkins == null) {
            return false;
        }
        for (Cloud each : jenkins.clouds) {
            if (each instanceof MesosCloud ours) {
                if (MesosFrameworks.find(ours.getCloudID()) != null && ours.templates().choiceFor(label) != null) {
                    return true;
                }
            } else if (each.canProvision(label)) {
                // the order of the clouds decides, and this one comes first
                return false;
            }
        }
        return false;
    }

    /** Whether builds with this label wait that no Mesos cloud takes for the time being. */
    static boolean isHeld(Label label) {
        return report.isHeld(label);
    }

    /** What builds wait for, as a sentence. */
    static String tell(DemandReport.Wait wait) {
        if (wait.why() != null) {
            return Messages.Demand_held(wait.held(), wait.why());
        }
        MesosFramework framework = MesosFrameworks.find(wait.cloudId());
        int requested = 0;
        int started = 0;
        String reason = null;
        for (MesosAgent agent : framework == null ? List.<MesosAgent>of() : framework.agents()) {
            if (!agent.template.equals(wait.template()) || agent.isReleased() || agent.online().isDone()) {
                continue;
            }
            if (agent.phase() == MesosAgent.Phase.REQUESTED) {
                requested++;
                reason = reason == null ? agent.reason() : reason;
            } else {
                started++;
            }
        }
        return Messages.Demand_coming(wait.builds(), wait.template(), requested, started)
                + (reason == null ? "" : ": " + reason);
    }

    /** Agents for this label that are coming and of which Jenkins has not been told here before. */
    static List<PlannedNode> newlyRequested(Label label) {
        List<PlannedNode> coming = new ArrayList<>();
        for (MesosFramework framework : MesosFrameworks.all()) {
            for (MesosAgent agent : framework.agents()) {
                if (agent.isWithoutDelay() && Objects.equals(agent.servedLabel(), label) && agent.announce()) {
                    coming.add(agent.planned());
                }
            }
        }
        return coming;
    }
}
