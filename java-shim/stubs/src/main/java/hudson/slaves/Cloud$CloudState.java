package hudson.slaves;

import hudson.model.Label;

/** A nested class of today's {@code Cloud}; it can be written only like this, since the old one lacks it. */
public final class Cloud$CloudState {
    public Cloud$CloudState(Label label, int additionalPlannedCapacity) {}
}
