package org.jenkinsci.plugins.mesos;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What the cloud's page tells beside the present state: the last troubles, and agents that ended by themselves. */
public final class CloudHistory {
    private static final Logger LOGGER = Logger.getLogger(MesosCloud.class.getName());
    private static final int KEPT = 20;

    private final Deque<Note> notes = new ArrayDeque<>();
    private String lastConnection;

    /** One line with its time. */
    public record Note(Date at, String text) {}

    void record(String cloudName, Event event) {
        if (event instanceof Event.Connection connection) {
            connection(cloudName, connection);
        } else if (event instanceof Event.Trouble trouble) {
            LOGGER.log(Level.WARNING, "{0}: {1}: {2}", new Object[] {cloudName, trouble.subject(), trouble.message()});
            note(trouble.at(), trouble.subject() + ": " + trouble.message());
        } else if (event instanceof Event.Framework framework) {
            LOGGER.log(
                    framework.previous() == null ? Level.INFO : Level.WARNING,
                    framework.previous() == null
                            ? "{0}: registered as framework {1}"
                            : "{0}: registered as framework {1}; the master had removed {2}",
                    new Object[] {cloudName, framework.frameworkId(), framework.previous()});
            if (framework.previous() != null) {
                note(
                        framework.at(),
                        "new framework id " + framework.frameworkId() + "; the master had removed "
                                + framework.previous());
            }
        }
    }

    private void connection(String cloudName, Event.Connection connection) {
        String said = connection.state() + ' ' + connection.leader() + ' ' + connection.message();
        synchronized (this) {
            if (Objects.equals(said, lastConnection)) {
                return;
            }
            lastConnection = said;
        }
        if (connection.message() != null) {
            LOGGER.log(
                    Level.WARNING, "{0}: {1}: {2}", new Object[] {cloudName, connection.state(), connection.message()});
        } else {
            LOGGER.log(
                    Level.INFO,
                    connection.leader() == null ? "{0}: {1}" : "{0}: {1}, leading master {2}",
                    new Object[] {cloudName, connection.state(), connection.leader()});
        }
    }

    void ended(String agent, String why) {
        note(System.currentTimeMillis(), agent + ": " + why);
    }

    private synchronized void note(long at, String text) {
        if (notes.size() >= KEPT) {
            notes.removeFirst();
        }
        notes.add(new Note(new Date(at), text));
    }

    /** The latest first. */
    synchronized List<Note> notes() {
        List<Note> latestFirst = new ArrayList<>(notes);
        Collections.reverse(latestFirst);
        return latestFirst;
    }
}
