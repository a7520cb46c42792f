package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.model.PeriodicWork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The labels whose agents cannot be placed, for a person to look at. A cluster that is just busy is no reason: a label
 * counts when no agent of the cluster could ever hold its request and that has lasted a minute, or when a request has
 * waited for ten minutes whatever the reason. It counts until its requests have been gone for two minutes, since one
 * that times out is followed by the next.
 */
@Extension
public final class UnplacedAgents extends PeriodicWork {
    private static final Logger LOGGER = Logger.getLogger(UnplacedAgents.class.getName());

    static final long IMPOSSIBLE_MILLIS = TimeUnit.MINUTES.toMillis(1);
    static final long WAITING_MILLIS = TimeUnit.MINUTES.toMillis(10);
    static final long GONE_MILLIS = TimeUnit.MINUTES.toMillis(2);

    private static final Map<Key, Seen> SEEN = new HashMap<>();

    /**
     * A label of a cloud.
     *
     * @param label empty: of jobs without one
     */
    private record Key(String cloudId, String label) {}

    private record Seen(
            String cloud, String reason, boolean possible, long waitingSince, long impossibleSince, long at) {
        boolean counts(long now) {
            return now - waitingSince >= WAITING_MILLIS || !possible && now - impossibleSince >= IMPOSSIBLE_MILLIS;
        }
    }

    /**
     * A label to show.
     *
     * @param possible whether an agent of the cluster could hold it
     * @param minutes for which its requests have waited
     */
    public record Label(String cloudId, String cloud, String label, String reason, boolean possible, long minutes) {}

    @Override
    public long getRecurrencePeriod() {
        return TimeUnit.SECONDS.toMillis(10);
    }

    @Override
    public long getInitialDelay() {
        return getRecurrencePeriod();
    }

    @Override
    protected void doRun() {
        for (MesosFramework framework : MesosFrameworks.all()) {
            try {
                look(framework.cloudId, framework.cloud().name, framework.status(), System.currentTimeMillis());
            } catch (NativeException | IllegalArgumentException e) {
                LOGGER.log(Level.FINE, framework.cloud().name, e);
            }
        }
        forget(System.currentTimeMillis());
    }

    /** Remembers which requests of a cloud wait at this moment. */
    static void look(String cloudId, String cloud, Status status, long now) {
        Map<Key, Status.Waiting> longest = new HashMap<>();
        for (Status.Waiting each : status.waiting()) {
            longest.merge(
                    new Key(cloudId, each.label() == null ? "" : each.label()),
                    each,
                    (one, other) -> one.sinceMillis() >= other.sinceMillis() ? one : other);
        }
        synchronized (SEEN) {
            longest.forEach((key, waiting) -> {
                Seen before = SEEN.get(key);
                long since = now - waiting.sinceMillis();
                SEEN.put(key, new Seen(
                        cloud,
                        waiting.reason(),
                        waiting.possible(),
                        before == null ? since : Math.min(before.waitingSince, since),
                        before == null || before.possible ? now : before.impossibleSince,
                        now));
            });
        }
    }

    static void forget(long now) {
        synchronized (SEEN) {
            SEEN.values().removeIf(seen -> now - seen.at >= GONE_MILLIS);
        }
    }

    /** What there is to show now, in the order of clouds and labels. */
    static List<Label> labels(long now) {
        List<Label> labels = new ArrayList<>();
        synchronized (SEEN) {
            SEEN.forEach((key, seen) -> {
                if (seen.counts(now)) {
                    long minutes = TimeUnit.MILLISECONDS.toMinutes(now - seen.waitingSince);
                    labels.add(new Label(key.cloudId, seen.cloud, key.label, seen.reason, seen.possible, minutes));
                }
            });
        }
        labels.sort((one, other) ->
                (one.cloud + '\n' + one.label).compareTo(other.cloud + '\n' + other.label));
        return labels;
    }
}
