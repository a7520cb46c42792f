package hudson.model;

/** A nested class of today's {@code Queue}; it can be written only like this, since the old {@code Queue} lacks it. */
public final class Queue$LeftItem {
    private Queue$LeftItem() {}
}
