package org.jenkinsci.plugins.mesos;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whether the cluster could hold an agent of some size.
 *
 * @param known false: nothing of the cluster was seen yet
 * @param agents Mesos agents that are known
 * @param agentsThatFit those that could hold it if they were empty
 * @param cpus the most that any one of them has
 * @param mem the most MB that any one of them has
 * @param disk the most MB of disk that any one of them has
 */
public record Capacity(boolean known, int agents, int agentsThatFit, double cpus, double mem, double disk) {

    /** The contract's Need. */
    static byte[] need(double cpus, double mem, double disk) {
        Map<String, Object> need = new LinkedHashMap<>();
        need.put("v", 1);
        need.put("cpus", cpus);
        need.put("mem", mem);
        need.put("disk", disk);
        return NativeJson.write(need);
    }

    public static Capacity parse(byte[] message) {
        Members json = Members.parse(message);
        Members largest = json.object("largest");
        return new Capacity(
                json.flag("known", false),
                json.number("agents", 0),
                json.number("agentsThatFit", 0),
                largest.amount("cpus"),
                largest.amount("mem"),
                largest.amount("disk"));
    }
}
