package org.jenkinsci.plugins.mesos;

/** An agent ended before it was online; the message says why. */
public class MesosAgentException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message the agent's name and the reason */
    public MesosAgentException(String message) {
        super(message);
    }
}
