package org.jenkinsci.plugins.mesos;

import java.util.List;

/**
 * What is wrong with a configuration.
 *
 * @param problems in the order of the fields
 * @param totals what an agent of each template will take of the cluster
 */
public record Validation(List<Problem> problems, List<Total> totals) {

    /**
     * @param error false: a warning
     * @param field name in the contract's Config
     * @param template index, or null for a field of the cloud
     * @param message for people
     */
    public record Problem(boolean error, String field, Integer template, String message) {}

    /** CPUs, and memory in MB, of an agent with the fewest and with the most executors, and its disk in MB. */
    public record Total(
            int template, double minCpus, double minMem, double maxCpus, double maxMem, double disk) {}

    public static Validation parse(byte[] message) {
        Members json = Members.parse(message);
        return new Validation(
                json.list("problems", p -> new Problem(
                        "error".equals(p.text("severity")),
                        p.text("field"),
                        p.integer("template"),
                        p.text("message"))),
                json.list("totals", t -> new Total(
                        t.number("template", 0),
                        t.amount("minCpus"),
                        t.amount("minMem"),
                        t.amount("maxCpus"),
                        t.amount("maxMem"),
                        t.amount("disk"))));
    }
}
