package org.jenkinsci.plugins.mesos;

/**
 * The natives of {@code libmesos_jenkins}, as {@code docs/jni-contract.md} gives them: messages are UTF-8 JSON, each
 * failure is a {@link NativeException}. Nothing may be called before {@link NativeLibrary#load} has succeeded.
 *
 * <p>{@link #poll}, {@link #logs} and {@link #testConnection} wait, so they must not run under a lock of the host; all
 * others return at once. All are safe to call from any number of threads.
 */
final class NativeBridge {

    /** The contract that these declarations follow; the library names its own in {@link #version()}. */
    static final int CONTRACT = 1;

    private NativeBridge() {}

    /** Version of the library and of the contract it speaks. */
    static native byte[] version();

    /**
     * Starts the framework of one cloud.
     *
     * @param config Config
     * @param stateDir absolute folder for what must outlive a restart; made if absent
     * @return the handle for the other calls, never 0
     */
    static native long open(byte[] config, String stateDir);

    /** Gives an open cloud a new Config. */
    static native void reconfigure(long handle, byte[] config);

    /** Demand to Plan: the agents that would serve it; reserves nothing. */
    static native byte[] plan(long handle, byte[] demand);

    /**
     * Situation to Review: what to request and to withdraw so that each waiting build gets one executor; reserves
     * nothing.
     */
    static native byte[] review(long handle, byte[] situation);

    /**
     * Need to Capacity: which Mesos agents could hold an agent of this size if they were empty, from what was seen of
     * the cluster; never waits, the question makes it look again in the background.
     */
    static native byte[] capacity(long handle, byte[] need);

    /**
     * Roles: who else wants the cloud's roles, and what they have, from what the master told last; never waits, the
     * question makes it be asked again in the background.
     */
    static native byte[] roles(long handle);

    /** Queues one agent (Request). */
    static native void submit(long handle, byte[] request);

    /** Kills or withdraws agents (Release); unknown names are ignored. */
    static native void release(long handle, byte[] release);

    /**
     * Waits for Events, at most {@code timeoutMillis} (0 to 60,000; more counts as 60,000), and returns early with
     * those there are. One thread per handle should poll, since each event is given once.
     */
    static native byte[] poll(long handle, long timeoutMillis);

    /** Status for the cloud's page. */
    static native byte[] status(long handle);

    /** Validation of a Config; needs no handle and touches nothing. */
    static native byte[] validate(byte[] config);

    /** Report of a trial connection with a Config; waits up to 10 s. */
    static native byte[] testConnection(byte[] config);

    /**
     * Closes a cloud; a waiting {@link #poll} returns with {@code "closed":true}.
     *
     * @param teardown true ends the framework and all its tasks (the cloud was deleted), false leaves them running
     */
    static native void close(long handle, boolean teardown);

    /** Waits for log records (LogBatch), at most {@code timeoutMillis} (0 to 60,000; more counts as 60,000). */
    static native byte[] logs(long timeoutMillis);

    /**
     * Sets what the library records.
     *
     * @param level off, error, warn, info, debug or trace
     */
    static native void logLevel(String level);
}
