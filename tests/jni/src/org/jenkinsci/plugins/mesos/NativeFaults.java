package org.jenkinsci.plugins.mesos;

/** The native that only a library built with the feature {@code fault-injection} has. */
final class NativeFaults {

    private NativeFaults() {}

    /** Panics; an awkward panic has a payload that panics when it is dropped. */
    static native long panic(boolean awkward);
}
