package org.jenkinsci.plugins.mesos;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.Deque;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What the cloud's page tells beside the present state: the last troubles, and agents that ended by themselves. */
public final class CloudHistory {
    private static final Logger LOGGER = Logger.getLogger(MesosCloud.class.getName());
    private static final int KEPT = 20;

    private final Deque<Note> notes = new ArrayDeque<>();
    private String lastComplaint;
    private Note trouble;

    /** One line with its time. */
    public record Note(Date at, String text) {
        /** The time in the reader's way to write it. */
        public String getWhen() {
            return ReadersTime.of(at);
        }
    }

    /** Notes what stays of interest. The native library has logged it all already. */
    void record(Event event) {
        if (event instanceof Event.Connection connection) {
            if (connection.message() != null) {
                reached(connection.at(), connection.message());
            } else if ("subscribed".equals(connection.state())) {
                reached(connection.at(), null);
            }
        } else if (event instanceof Event.Trouble told) {
            note(told.at(), told.subject() + ": " + told.message());
        } else if (event instanceof Event.Framework framework && framework.previous() != null) {
            note(
                    framework.at(),
                    "new framework id " + framework.frameworkId() + "; the master had removed " + framework.previous());
        }
    }

    /** Logs and notes a complaint, unless it was the last one made. */
    void complain(String cloudName, String text) {
        synchronized (this) {
            if (text.equals(lastComplaint)) {
                return;
            }
            lastComplaint = text;
        }
        LOGGER.log(Level.WARNING, "{0}: {1}", new Object[] {cloudName, text});
        note(System.currentTimeMillis(), text);
    }

    /** The settings changed: an old complaint would be news again, and an old trouble need not be there any more. */
    synchronized void forgetComplaint() {
        lastComplaint = null;
        trouble = null;
    }

    /**
     * The master was tried.
     *
     * @param failure what was wrong; null: nothing
     */
    synchronized void reached(long at, String failure) {
        trouble = failure == null ? null : new Note(new Date(at), failure);
    }

    /** Why the master could not be used when it was tried last; null if it could. */
    synchronized Note trouble() {
        return trouble;
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
