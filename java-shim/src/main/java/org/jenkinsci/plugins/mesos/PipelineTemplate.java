package org.jenkinsci.plugins.mesos;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A template that one step of one build defined. Its label is its own, so that no other build can take its agents.
 *
 * @param cloudId the cloud that serves it
 * @param label its label and {@link MesosSlaveInfo#key key}
 * @param build {@code job#number} of the build, by which it is found again after a restart
 * @param step id of the step's node in the build's flow graph
 * @param agent what the step asked for
 */
record PipelineTemplate(String cloudId, String label, String build, String step, PipelineAgent agent) {

    static PipelineTemplate of(Members json) {
        return new PipelineTemplate(
                json.requiredText("cloudId"),
                json.requiredText("label"),
                json.requiredText("build"),
                json.requiredText("step"),
                PipelineAgent.of(json.object("agent")));
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("cloudId", cloudId);
        json.put("label", label);
        json.put("build", build);
        json.put("step", step);
        json.put("agent", agent.toJson());
        return json;
    }

    /** Whether it serves another step of the same build that asks for the same, which only a reused agent can. */
    boolean serves(String otherCloudId, String otherBuild, PipelineAgent other) {
        return !agent.isSingleUse()
                && Objects.equals(cloudId, otherCloudId)
                && Objects.equals(build, otherBuild)
                && agent.equals(other);
    }
}
