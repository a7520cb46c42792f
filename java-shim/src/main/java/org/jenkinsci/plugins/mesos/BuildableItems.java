package org.jenkinsci.plugins.mesos;

import hudson.model.Queue;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What Jenkins has told of its queue since the snapshot that it shows: that one is made at the end of each turn, and a
 * turn may take long. An executor is given away at once, so that a build that got it would look as if it still waited.
 */
final class BuildableItems {
    /** What has not shown up in a snapshot after so long was told in error. */
    private static final long ENTERED_MILLIS = 10_000;

    /** By item, when it came. */
    private static final Map<Queue.BuildableItem, Long> ENTERED = new HashMap<>();

    /** By item, when it went. */
    private static final Map<Queue.BuildableItem, Long> LEFT = new HashMap<>();

    private static long changes;

    private BuildableItems() {}

    /** A number that is another one when anything has come or gone since. */
    static synchronized long changes() {
        return changes;
    }

    static synchronized void entered(Queue.BuildableItem item, long now) {
        changes++;
        LEFT.remove(item);
        ENTERED.put(item, now);
    }

    static synchronized void left(Queue.BuildableItem item, long now) {
        changes++;
        ENTERED.remove(item);
        LEFT.put(item, now);
    }

    /** What waits in truth: a snapshot with what came, without what went since. In the snapshot's order. */
    static synchronized Set<Queue.BuildableItem> with(Collection<Queue.BuildableItem> snapshot, long now) {
        Set<Queue.BuildableItem> items = new LinkedHashSet<>(snapshot);
        LEFT.keySet().retainAll(items);
        items.removeAll(LEFT.keySet());
        ENTERED.values().removeIf(since -> now - since > ENTERED_MILLIS);
        ENTERED.keySet().removeAll(items);
        items.addAll(ENTERED.keySet());
        return items;
    }
}
