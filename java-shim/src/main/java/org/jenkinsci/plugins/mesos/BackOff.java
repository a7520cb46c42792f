package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps a template whose agents fail from being asked for again and again: after each failure in a row it pauses for
 * twice as long, from 5 seconds to 5 minutes. An agent that comes online, or changed settings, end that.
 */
final class BackOff {
    private static final long FIRST_SECONDS = 5;
    private static final long LONGEST_SECONDS = 300;

    private record Pause(long seconds, long untilNanos) {}

    private final Map<String, Pause> pauses = new HashMap<>();
    private final LongSupplier nanos;

    BackOff() {
        this(System::nanoTime);
    }

    BackOff(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** An agent ended before it was online. Several that fail within one pause count once. */
    synchronized void failed(String label) {
        Pause last = pauses.get(Util.fixNull(label));
        if (last != null && last.untilNanos - nanos.getAsLong() > 0) {
            return;
        }
        long seconds = last == null ? FIRST_SECONDS : Math.min(LONGEST_SECONDS, last.seconds * 2);
        pauses.put(Util.fixNull(label), new Pause(seconds, nanos.getAsLong() + TimeUnit.SECONDS.toNanos(seconds)));
    }

    synchronized void succeeded(String label) {
        pauses.remove(Util.fixNull(label));
    }

    synchronized void clear() {
        pauses.clear();
    }

    /** What is paused at the moment, with the seconds that are left. */
    synchronized SortedMap<String, Long> current() {
        SortedMap<String, Long> left = new TreeMap<>();
        for (String label : pauses.keySet()) {
            if (secondsLeft(label) > 0) {
                left.put(label, secondsLeft(label));
            }
        }
        return left;
    }

    /** Seconds until an agent with this label string may be asked for; 0: now. */
    synchronized long secondsLeft(String label) {
        Pause pause = pauses.get(Util.fixNull(label));
        if (pause == null) {
            return 0;
        }
        return Math.max(0, TimeUnit.NANOSECONDS.toSeconds(pause.untilNanos - nanos.getAsLong() + 999_999_999L));
    }
}
