package org.jenkinsci.plugins.mesos;

import hudson.slaves.Cloud;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * Keeps one running framework for each configured cloud. {@link #reconcile} compares the two and opens, reconfigures or
 * closes; it runs on a thread of its own, whenever the configuration was saved and every ten seconds. What cannot be
 * opened leaves a problem to show and is tried again when its settings change, or at the next turn if the library was
 * the reason.
 */
public final class MesosFrameworks {
    private static final Logger LOGGER = Logger.getLogger(MesosFrameworks.class.getName());

    /**
     * How long a cloud must be missing before it counts as deleted: its tasks are killed then, which a configuration
     * that is just being read anew must not cause.
     */
    private static final long DELETED_AFTER_MILLIS = 3000;

    private static final Map<String, Opened> OPENED = new ConcurrentHashMap<>();
    private static final Map<String, Failed> FAILED = new ConcurrentHashMap<>();
    private static final Map<String, Long> MISSING = new HashMap<>();

    private static final AtomicBoolean WANTED = new AtomicBoolean();

    private static ExecutorService worker;

    private record Opened(MesosFramework framework, byte[] configured, byte[] config, String warning) {}

    private record Failed(byte[] config, String problem, boolean again) {}

    private MesosFrameworks() {}

    /** Begins to run frameworks. Everything Jenkins knows must be loaded by now. */
    static synchronized void start() {
        if (worker == null) {
            NativeLog.resume();
            worker = Executors.newSingleThreadExecutor(task -> {
                Thread thread = new Thread(task, "mesos clouds");
                thread.setDaemon(true);
                thread.setContextClassLoader(MesosFrameworks.class.getClassLoader());
                return thread;
            });
        }
        Demand.start();
        reconcileSoon();
    }

    /** Closes all frameworks and leaves their tasks running: Jenkins or the plugin stops. */
    static void stop() {
        ExecutorService stopped;
        synchronized (MesosFrameworks.class) {
            stopped = worker;
            worker = null;
            WANTED.set(false);
        }
        if (stopped == null) {
            return;
        }
        Demand.stop();
        stopped.shutdown();
        try {
            if (!stopped.awaitTermination(10, TimeUnit.SECONDS)) {
                LOGGER.warning("a Mesos cloud is still being opened while Jenkins stops");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (String id : List.copyOf(OPENED.keySet())) {
            close(id, false);
        }
        FAILED.clear();
        MISSING.clear();
        AgentNodes.finish();
        NativeLog.stop();
    }

    /** Compares clouds and frameworks on another thread; does nothing before {@link #start} and after {@link #stop}. */
    static synchronized void reconcileSoon() {
        // one that has not begun sees all that was saved by now
        if (worker != null && WANTED.compareAndSet(false, true)) {
            worker.execute(MesosFrameworks::reconcile);
        }
    }

    /** The running framework of a cloud, or null. */
    static MesosFramework find(String cloudId) {
        Opened opened = cloudId == null ? null : OPENED.get(cloudId);
        return opened == null ? null : opened.framework;
    }

    static List<MesosFramework> all() {
        List<MesosFramework> frameworks = new ArrayList<>();
        OPENED.values().forEach(opened -> frameworks.add(opened.framework));
        return frameworks;
    }

    static MesosAgent agent(String cloudId, String name) {
        MesosFramework framework = find(cloudId);
        return framework == null ? null : framework.agent(name);
    }

    static void release(String cloudId, String name, String reason) {
        MesosFramework framework = find(cloudId);
        if (framework != null) {
            try {
                framework.release(name, reason);
            } catch (NativeException e) {
                LOGGER.log(Level.WARNING, "cannot release " + name + ": " + e.getMessage(), e);
            }
        }
    }

    /** Why a cloud does not run, or what to know although it does; null if there is nothing to say. */
    static String problem(String cloudId) {
        Failed failed = FAILED.get(cloudId);
        Opened opened = OPENED.get(cloudId);
        return failed != null ? failed.problem : opened != null ? opened.warning : null;
    }

    private static void reconcile() {
        WANTED.set(false);
        try {
            Jenkins jenkins = Jenkins.getInstanceOrNull();
            if (jenkins == null) {
                return;
            }
            Upgrade.finish(jenkins);
            Map<String, MesosCloud> configured = configured(jenkins);
            CloudLogin.migrateAll(configured.values());
            configured.forEach(MesosFrameworks::bringUpToDate);
            all().forEach(MesosFrameworks::lookAtMaster);
            closeDeleted(configured.keySet());
            removeNodesWithoutCloud(configured.keySet());
        } catch (RuntimeException | LinkageError e) {
            LOGGER.log(Level.WARNING, "cannot look after the Mesos clouds", e);
        }
    }

    private static void lookAtMaster(MesosFramework framework) {
        try {
            framework.lookAtMaster();
        } catch (NativeException e) {
            LOGGER.log(Level.WARNING, framework.cloud().name + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, MesosCloud> configured(Jenkins jenkins) {
        Map<String, MesosCloud> clouds = new LinkedHashMap<>();
        boolean renewed = false;
        for (Cloud each : jenkins.clouds) {
            if (each instanceof MesosCloud cloud) {
                while (clouds.putIfAbsent(cloud.getCloudID(), cloud) != null) {
                    LOGGER.log(
                            Level.WARNING,
                            "two Mesos clouds have the id {0}; the second, {1}, gets a new one",
                            new Object[] {cloud.getCloudID(), cloud.name});
                    cloud.renewCloudID();
                    renewed = true;
                }
            }
        }
        if (renewed) {
            try {
                jenkins.save();
            } catch (IOException e) {
                LOGGER.log(Level.WARNING, "cannot save the new cloud id", e);
            }
        }
        return clouds;
    }

    private static void bringUpToDate(String id, MesosCloud cloud) {
        RegistryLogins.lookUp(cloud);
        Map<String, Object> settings = cloud.toConfig();
        try {
            CloudLogin.addTo(settings, cloud);
        } catch (CloudLogin.MissingException e) {
            // one that runs goes on with the login it has
            fail(id, cloud, new Failed(new byte[0], e.getMessage(), true), e);
            return;
        }
        FormerLogin.addTo(settings, stateDir(id));
        byte[] configured =
                NativeJson.write(Map.of("library", cloud.getNativeLibraryPath(), "config", settings));
        settings.put("templates", cloud.templates().all().stream().map(MesosSlaveInfo::toConfig).toList());
        byte[] config = NativeJson.write(Map.of("library", cloud.getNativeLibraryPath(), "config", settings));
        Opened opened = OPENED.get(id);
        Failed failed = FAILED.get(id);
        if (opened != null && Arrays.equals(opened.config, config)) {
            // settings that could not be used were taken back
            FAILED.remove(id);
            // saved as they were, or with a change that is no matter of the library: another object holds them now
            if (opened.framework.follow(cloud)) {
                Demand.signal();
            }
            return;
        }
        if (failed != null && !failed.again && Arrays.equals(failed.config, config)) {
            return;
        }
        try {
            NativeLibrary.Loaded library = NativeLibrary.load(cloud.getNativeLibraryPath());
            MesosFramework framework;
            // a Pipeline that defines an agent of its own is no news
            boolean news = opened == null || !Arrays.equals(opened.configured, configured);
            if (opened == null) {
                framework = MesosFramework.open(cloud, settings, stateDir(id), AgentNodes.of(id));
            } else {
                framework = opened.framework;
                framework.reconfigure(cloud, settings, AgentNodes.of(id), news);
            }
            OPENED.put(id, new Opened(framework, configured, config, library.warning));
            FAILED.remove(id);
            if (news) {
                CloudLogin.used(cloud);
            }
            LOGGER.log(
                    news ? Level.INFO : Level.FINE,
                    opened == null
                            ? "{0}: opened for Mesos master {1} with native library {2}"
                            : "{0}: changed settings are in use, Mesos master {1}, native library {2}",
                    new Object[] {cloud.name, cloud.masterWithoutPassword(), library.version});
        } catch (NativeLibraryException e) {
            fail(id, cloud, new Failed(config, e.getMessage(), true), e);
        } catch (NativeException | LinkageError e) {
            fail(id, cloud, new Failed(config, e.getMessage(), false), e);
        }
    }

    private static void fail(String id, MesosCloud cloud, Failed failed, Throwable cause) {
        Failed before = FAILED.put(id, failed);
        if (before == null || !before.problem.equals(failed.problem)) {
            LOGGER.log(Level.WARNING, cloud.name + ": " + failed.problem);
            LOGGER.log(Level.FINE, cloud.name, cause);
        }
    }

    /** $JENKINS_HOME/mesos/&lt;cloud id&gt;; an id that a person edited cannot lead elsewhere. */
    static File stateDir(String id) {
        return new File(new File(Jenkins.get().getRootDir(), "mesos"), id.replaceAll("[^A-Za-z0-9_-]", "_"));
    }

    private static void closeDeleted(Set<String> configured) {
        FAILED.keySet().retainAll(configured);
        MISSING.keySet().removeAll(configured);
        for (String id : new HashSet<>(OPENED.keySet())) {
            if (!configured.contains(id)) {
                long since = MISSING.computeIfAbsent(id, missing -> System.currentTimeMillis());
                if (System.currentTimeMillis() - since >= DELETED_AFTER_MILLIS) {
                    MISSING.remove(id);
                    close(id, true);
                }
            }
        }
    }

    private static void close(String id, boolean teardown) {
        Opened opened = OPENED.remove(id);
        if (opened != null) {
            LOGGER.log(
                    Level.INFO,
                    teardown ? "{0}: deleted, its agents are ended" : "{0}: closed, its agents go on",
                    opened.framework.cloud().name);
            try {
                opened.framework.close(teardown);
            } catch (NativeException e) {
                LOGGER.log(Level.WARNING, opened.framework.cloud().name + ": " + e.getMessage(), e);
            }
        }
    }

    /** Of clouds that were deleted, also while Jenkins was down, and of older versions of the plugin. */
    private static void removeNodesWithoutCloud(Set<String> configured) {
        for (MesosSlave node : AgentNodes.all()) {
            String id = node.getCloudId();
            if (id == null || !configured.contains(id) && !OPENED.containsKey(id)) {
                String why = id == null
                        ? Messages.MesosSlave_oldVersion()
                        : Messages.MesosSlave_cloudDeleted(node.getCloudName());
                AgentNodes.remove(node.getNodeName(), why);
            }
        }
    }
}
