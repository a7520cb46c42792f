package org.jenkinsci.plugins.mesos;

import java.util.List;
import java.util.Map;

/**
 * The agents that would serve a demand.
 *
 * @param agents one element an agent, in the order in which they are to be asked for
 */
public record Plan(List<Agent> agents) {

    /**
     * One agent.
     *
     * @param name unique; the name of the node and of the Mesos task
     * @param label the template's whole label string, or null
     * @param executors at least 1
     * @param cpus what the Mesos task will take, in CPUs
     * @param mem what the Mesos task will take, in MB
     * @param remoteFsRoot the agent's folder, relative to the task's sandbox
     * @param idleTerminationMinutes 0: never
     * @param mode NORMAL or EXCLUSIVE
     */
    public record Agent(
            String name,
            String label,
            int executors,
            double cpus,
            double mem,
            String remoteFsRoot,
            int idleTerminationMinutes,
            String mode) {

        static Agent of(Members json) {
            return new Agent(
                    json.requiredText("name"),
                    json.text("label"),
                    json.number("executors", 0),
                    json.amount("cpus"),
                    json.amount("mem"),
                    json.text("remoteFsRoot"),
                    json.number("idleTerminationMinutes", 0),
                    json.text("mode"));
        }
    }

    /** The demand that a plan answers: {@code excess} executors for the template with this label string. */
    public static byte[] demand(String label, int excess) {
        return NativeJson.write(Map.of("v", 1, "label", label == null ? "" : label, "excess", excess));
    }

    public static Plan parse(byte[] message) {
        return new Plan(Members.parse(message).list("agents", Agent::of));
    }
}
