package org.jenkinsci.plugins.mesos;

import java.util.List;

/** Something that the native library tells about a cloud or one of its agents; {@code at} is Unix milliseconds. */
public sealed interface Event {
    long at();

    /** An event about one agent. */
    sealed interface OfAgent extends Event {
        String name();
    }

    /** The connection's state changed; {@code message} says what is wrong and the cure, or is null. */
    record Connection(long at, String state, String leader, String frameworkId, String message) implements Event {}

    /** Why an agent is not placed yet; not {@code possible}: no agent seen so far could ever hold it. */
    record Waiting(long at, String name, String reason, boolean possible) implements OfAgent {}

    /** The launch is recorded and was sent to Mesos. */
    record Accepted(long at, String name, String host, double cpus, double mem, int tasksInOffer) implements OfAgent {}

    /** A non-terminal state of the task. */
    record State(long at, String name, String state, String message, String reason, String host) implements OfAgent {}

    /**
     * The task is over; once for each agent. {@code requested}: it was released; {@code again}: it says nothing against
     * its template.
     */
    record Ended(
            long at, String name, String state, String reason, String message, boolean requested, boolean again)
            implements OfAgent {}

    /** After the start: the task of a node that Jenkins still has is there. */
    record Known(long at, String name, String state, String host) implements OfAgent {}

    /** Its host is to be under maintenance: {@code message} says which, when and for how long; null: no more. */
    record Risk(long at, String name, String message) implements OfAgent {}

    /** The master gave a framework id; {@code previous} is null at the first start. */
    record Framework(long at, String frameworkId, String previous) implements Event {}

    /** Something that a person should know. */
    record Trouble(long at, String subject, String message) implements Event {}

    /** A type that this version of the plugin does not know. */
    record Unknown(long at, String type) implements Event {}

    /** Events in order; {@code closed}: the cloud was closed and no more will come. */
    record Batch(boolean closed, List<Event> events) {
        public static Batch parse(byte[] message) {
            Members json = Members.parse(message);
            return new Batch(json.flag("closed", false), json.list("events", Event::of));
        }
    }

    private static Event of(Members json) {
        long at = json.whole("at");
        String type = json.requiredText("type");
        return switch (type) {
            case "connection" -> new Connection(
                    at,
                    json.text("state"),
                    json.text("leader"),
                    json.text("frameworkId"),
                    json.text("message"));
            case "waiting" -> new Waiting(
                    at, json.requiredText("name"), json.text("reason"), json.flag("possible", true));
            case "accepted" -> new Accepted(
                    at,
                    json.requiredText("name"),
                    json.text("host"),
                    json.amount("cpus"),
                    json.amount("mem"),
                    json.number("tasksInOffer", 1));
            case "state" -> new State(
                    at,
                    json.requiredText("name"),
                    json.text("state"),
                    json.text("message"),
                    json.text("reason"),
                    json.text("host"));
            case "ended" -> new Ended(
                    at,
                    json.requiredText("name"),
                    json.text("state"),
                    json.text("reason"),
                    json.text("message"),
                    json.flag("requested", false),
                    json.flag("again", false));
            case "known" -> new Known(
                    at, json.requiredText("name"), json.text("state"), json.text("host"));
            case "risk" -> new Risk(at, json.requiredText("name"), json.text("message"));
            case "framework" -> new Framework(at, json.text("frameworkId"), json.text("previous"));
            case "trouble" -> new Trouble(at, json.text("subject"), json.text("message"));
            default -> new Unknown(at, type);
        };
    }
}
