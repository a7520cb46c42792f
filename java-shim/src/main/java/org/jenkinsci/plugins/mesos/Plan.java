package org.jenkinsci.plugins.mesos;

import java.util.LinkedHashMap;
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
     * @param template the key of the template: its name, else its whole label string
     * @param image the Docker image of this agent where a build chose it, or null
     * @param singleUse true: it takes one build; {@code executors} is 1 then
     * @param maxBuilds how many builds it takes; 0: any number
     * @param maxHours how many hours after its creation it still takes builds; 0: always
     * @param disk what the Mesos task will take, in MB
     */
    public record Agent(
            String name,
            String label,
            int executors,
            double cpus,
            double mem,
            String remoteFsRoot,
            int idleTerminationMinutes,
            String mode,
            String template,
            String image,
            boolean singleUse,
            int maxBuilds,
            int maxHours,
            double disk) {

        /** The same with other labels: those that its node gets. */
        Agent withLabel(String labels) {
            return new Agent(
                    name,
                    labels,
                    executors,
                    cpus,
                    mem,
                    remoteFsRoot,
                    idleTerminationMinutes,
                    mode,
                    template,
                    image,
                    singleUse,
                    maxBuilds,
                    maxHours,
                    disk);
        }

        static Agent of(Members json) {
            return new Agent(
                    json.requiredText("name"),
                    json.text("label"),
                    json.number("executors", 0),
                    json.amount("cpus"),
                    json.amount("mem"),
                    json.text("remoteFsRoot"),
                    json.number("idleTerminationMinutes", 0),
                    json.text("mode"),
                    json.text("template"),
                    json.text("image"),
                    json.flag("singleUse", false),
                    json.number("maxBuilds", 0),
                    json.number("maxHours", 0),
                    json.amount("disk"));
        }
    }

    /**
     * The demand that a plan answers: {@code excess} executors of the template with this key, whose image is the
     * build's if it names one.
     */
    public static byte[] demand(String template, String image, int excess) {
        Map<String, Object> demand = new LinkedHashMap<>();
        demand.put("v", 1);
        demand.put("template", template);
        demand.put("image", image);
        demand.put("excess", excess);
        return NativeJson.write(demand);
    }

    public static Plan parse(byte[] message) {
        return new Plan(Members.parse(message).list("agents", Agent::of));
    }
}
