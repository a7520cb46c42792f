package org.jenkinsci.plugins.mesos;

import hudson.model.Node;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The agent that a Pipeline asks for; null stands for what the Pipeline did not say.
 *
 * @param label a word to know its agents by
 * @param inheritFrom key of the cloud's template whose values stand for those that are null
 * @param image of its container
 * @param cpus of the whole agent
 * @param mem MB of the whole agent
 * @param disk MB
 * @param executors 1 if null
 * @param singleUse true if null
 * @param idleMinutes for which an agent that is not for single use waits for the next step
 * @param jvmArgs of the agent's Java
 * @param attributes JSON object of attribute name to text
 */
record PipelineAgent(
        String label,
        String inheritFrom,
        String image,
        Double cpus,
        Integer mem,
        Integer disk,
        Integer executors,
        Boolean singleUse,
        Integer idleMinutes,
        String jvmArgs,
        String attributes) {

    static PipelineAgent of(Members json) {
        return new PipelineAgent(
                json.text("label"),
                json.text("inheritFrom"),
                json.text("image"),
                json.text("cpus") == null ? null : json.amount("cpus"),
                json.integer("mem"),
                json.integer("disk"),
                json.integer("executors"),
                json.text("singleUse") == null ? null : json.flag("singleUse", true),
                json.integer("idleMinutes"),
                json.text("jvmArgs"),
                json.text("attributes"));
    }

    /** Also the arguments of the step, by name; without those that are null. */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("label", label);
        json.put("inheritFrom", inheritFrom);
        json.put("image", image);
        json.put("cpus", cpus);
        json.put("mem", mem);
        json.put("disk", disk);
        json.put("executors", executors);
        json.put("singleUse", singleUse);
        json.put("idleMinutes", idleMinutes);
        json.put("jvmArgs", jvmArgs);
        json.put("attributes", attributes);
        json.values().removeIf(value -> value == null);
        return json;
    }

    boolean isSingleUse() {
        return !Boolean.FALSE.equals(singleUse);
    }

    int executorCount() {
        return executors == null ? 1 : executors;
    }

    /** Whether the size of the agent is the Pipeline's wish, not that of the template it inherits from alone. */
    boolean isSized() {
        return inheritFrom == null || cpus != null || mem != null || executorCount() > 1;
    }

    /** As a template of the cloud, under a label of its own. */
    MesosSlaveInfo toTemplate(MesosCloud cloud, String ownLabel) {
        MesosSlaveInfo template = new MesosSlaveInfo(ownLabel);
        template.setInheritFrom(inheritFrom);
        template.setMode(Node.Mode.EXCLUSIVE);
        template.setMinExecutors(String.valueOf(executorCount()));
        template.setMaxExecutors(String.valueOf(executorCount()));
        template.setSingleUse(isSingleUse());
        if (cpus != null) {
            template.setSlaveCpus(MesosFramework.amount(cpus));
            template.setExecutorCpus("0");
        }
        if (mem != null) {
            template.setSlaveMem(mem.toString());
            template.setExecutorMem("0");
        }
        if (disk != null) {
            template.setDiskNeeded(disk.toString());
        }
        if (idleMinutes != null) {
            template.setIdleTerminationMinutes(idleMinutes.toString());
        }
        if (jvmArgs != null) {
            template.setJvmArgs(jvmArgs);
        }
        if (attributes != null) {
            template.setSlaveAttributesString(attributes);
        }
        if (image != null) {
            template.setContainerInfo(container(cloud));
        }
        return template;
    }

    /** The container of the template that is inherited from, with the image that was asked for in its place. */
    private MesosSlaveInfo.ContainerInfo container(MesosCloud cloud) {
        MesosSlaveInfo.ContainerInfo container = new MesosSlaveInfo.ContainerInfo(image);
        for (MesosSlaveInfo parent : cloud.templates().withParents(inheritFrom)) {
            MesosSlaveInfo.ContainerInfo inherited = parent.getContainerInfo();
            if (inherited != null) {
                container.setType(inherited.getType());
                container.setVolumes(inherited.getVolumes());
                container.setParameters(inherited.getParameters());
                container.setNetworking(inherited.getNetworking());
                container.setPortMappings(inherited.getPortMappings());
                container.setNetworkInfos(inherited.getNetworkInfos());
                container.setUseCustomDockerCommandShell(inherited.isUseCustomDockerCommandShell());
                container.setCustomDockerCommandShell(inherited.getCustomDockerCommandShell());
                container.setDockerPrivilegedMode(inherited.isDockerPrivilegedMode());
                container.setDockerForcePullImage(inherited.isDockerForcePullImage());
                container.setIsDind(inherited.getIsDind());
                container.setDockerAccess(inherited.getDockerAccess());
                container.setDockerSocket(inherited.getDockerSocket());
                break;
            }
        }
        return container;
    }
}
