package org.jenkinsci.plugins.mesos;

import java.util.List;

/**
 * What to do so that each waiting build gets an executor.
 *
 * @param request agents to be asked for, in this order
 * @param withdraw names of requests that nobody needs any more
 * @param held builds that get no agent for now
 * @param more whether another review is to follow at once, when this one was carried out
 */
record Review(List<Plan.Agent> request, List<String> withdraw, List<Held> held, boolean more) {

    /**
     * Builds that get no agent for now, and why.
     *
     * @param group which, by its place among the waiting
     * @param message for people
     */
    record Held(int group, int builds, String message) {}

    static Review parse(byte[] message) {
        Members json = Members.parse(message);
        return new Review(
                json.list("request", Plan.Agent::of),
                json.texts("withdraw"),
                json.list("held", held -> new Held(
                        held.number("group", -1), held.number("builds", 0), held.requiredText("message"))),
                json.flag("more", false));
    }
}
