package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A cloud at one moment, for its page.
 *
 * @param connection the connection to the master
 * @param offers what is held of the cluster's resources at the moment
 * @param suppressed whether Mesos was told to send no offers
 * @param waiting agents that are not placed yet
 * @param tasks agents that are tasks
 * @param counters since the cloud was opened, by name
 */
public record Status(
        Connection connection,
        Offers offers,
        boolean suppressed,
        List<Waiting> waiting,
        List<Task> tasks,
        Map<String, Long> counters) {

    /** Unknown members are null; {@code sinceMillis} is the age of the state. */
    public record Connection(String state, String leader, String frameworkId, String message, long sinceMillis) {}

    /** CPUs, and memory in MB. */
    public record Offers(int held, double cpus, double mem) {}

    /** An agent that waits, and why. */
    public record Waiting(
            String name, String label, double cpus, double mem, String reason, boolean possible, long sinceMillis) {}

    /** An agent that is a task. */
    public record Task(
            String name,
            String label,
            String state,
            String host,
            String agentId,
            double cpus,
            double mem,
            List<Port> ports,
            boolean releasing,
            String risk) {}

    /** A port of the host that leads into an agent's container; {@code url} is null without a format for it. */
    public record Port(int containerPort, int hostPort, String protocol, String description, String url) {
        /** The address if a browser may open it at a click. */
        public String getLink() {
            return url != null && (url.startsWith("http://") || url.startsWith("https://")) ? url : null;
        }
    }

    public static Status parse(byte[] message) {
        Members json = Members.parse(message);
        Members c = json.object("connection");
        Members o = json.object("offers");
        Members counted = json.object("counters");
        Map<String, Long> counters = new TreeMap<>();
        for (String name : counted.names()) {
            counters.put(name, counted.whole(name));
        }
        return new Status(
                new Connection(
                        c.text("state"),
                        c.text("leader"),
                        c.text("frameworkId"),
                        c.text("message"),
                        c.whole("sinceMillis")),
                new Offers(o.number("held", 0), o.amount("cpus"), o.amount("mem")),
                json.flag("suppressed", false),
                json.list("waiting", w -> new Waiting(
                        w.requiredText("name"),
                        w.text("label"),
                        w.amount("cpus"),
                        w.amount("mem"),
                        w.text("reason"),
                        w.flag("possible", true),
                        w.whole("sinceMillis"))),
                json.list("tasks", t -> new Task(
                        t.requiredText("name"),
                        t.text("label"),
                        t.text("state"),
                        t.text("host"),
                        t.text("agentId"),
                        t.amount("cpus"),
                        t.amount("mem"),
                        t.list("ports", p -> new Port(
                                p.number("containerPort", 0),
                                p.number("hostPort", 0),
                                p.text("protocol"),
                                Util.fixNull(p.text("description")),
                                p.text("url"))),
                        t.flag("releasing", false),
                        t.text("risk"))),
                counters);
    }
}
