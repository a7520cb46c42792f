package org.jenkinsci.plugins.mesos;

/**
 * The native library could not be loaded. The message is for people: it names the file and the cure. A later attempt,
 * with the cause mended or with another path, may succeed without a restart.
 */
public class NativeLibraryException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong and what to do about it */
    public NativeLibraryException(String message) {
        super(message);
    }

    /**
     * @param message what is wrong and what to do about it
     * @param cause what Java said
     */
    public NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
    }
}
