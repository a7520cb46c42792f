package org.jenkinsci.plugins.mesos;

/**
 * A call into the native library failed. The message is for people: it names the field and the cure and holds no
 * secret. The library itself makes these, so the constructor with one text must stay.
 */
public class NativeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong and what to do about it */
    public NativeException(String message) {
        super(message);
    }
}
