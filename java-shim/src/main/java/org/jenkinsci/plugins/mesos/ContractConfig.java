package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The settings of clouds and templates in the words of the contract with the native library. */
final class ContractConfig {
    private ContractConfig() {}

    /**
     * The contract's Config as it is configured: without {@code owned}, without the login, see {@link
     * CloudLogin#addTo}, and without the templates of Pipelines.
     */
    static Map<String, Object> of(MesosCloud cloud) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("v", 1);
        config.put("cloudId", cloud.getCloudID());
        config.put("frameworkId", Util.fixEmptyAndTrim(cloud.getFrameworkId()));
        config.put("name", cloud.name);
        config.put("master", cloud.getMaster());
        config.put("caFile", cloud.getCaFile());
        config.put("frameworkName", cloud.getFrameworkName());
        config.put("role", cloud.getRole());
        config.put("user", cloud.getSlavesUser());
        config.put("checkpoint", cloud.isCheckpoint());
        config.put("webuiUrl", Util.fixNull(RootUrl.configured()));
        config.put("jenkinsUrl", Util.fixNull(cloud.agentsJenkinsUrl()));
        config.put("onDemandRegistration", cloud.isOnDemandRegistration());
        config.put("failoverTimeoutSeconds", cloud.getFailoverTimeout());
        config.put("unreachableTimeoutSeconds", cloud.getUnreachableTimeout());
        config.put("labels", cloud.getFrameworkLabels());
        config.put("declineSeconds", cloud.getDeclineOfferDuration());
        config.put("launchTimeoutSeconds", cloud.getLaunchTimeout());
        config.put("placement", cloud.getPlacement());
        config.put("holdBackSeconds", cloud.getHoldBackSeconds());
        config.put("maxAgents", cloud.getMaxAgents());
        config.put("maxCpus", cloud.getMaxCpus());
        config.put("maxMem", cloud.getMaxMem());
        config.put("templates", cloud.getSlaveInfos().stream().map(MesosSlaveInfo::toConfig).toList());
        return config;
    }

    /** The Template of the contract's Config; a member that another template gives is null or empty. */
    static Map<String, Object> of(MesosSlaveInfo info) {
        Map<String, Object> template = new LinkedHashMap<>();
        template.put("name", info.getTemplateName());
        template.put("inheritFrom", info.getInheritFrom());
        template.put("label", Util.fixNull(info.getLabelString()));
        template.put("mode", info.getMode().name());
        template.put("cpus", orInherited(info, info.getSlaveCpus()));
        template.put("mem", orInherited(info, info.getSlaveMem()));
        template.put("memOverheadPercent", Util.fixEmpty(info.getJvmOverheadPercent()));
        template.put("minExecutors", orInherited(info, info.getMinExecutors()));
        template.put("maxExecutors", orInherited(info, info.getMaxExecutors()));
        template.put("executorCpus", orInherited(info, info.getExecutorCpus()));
        template.put("executorMem", orInherited(info, info.getExecutorMem()));
        template.put("disk", orInherited(info, info.getDiskNeeded()));
        template.put("remoteFsRoot", orInherited(info, info.getRemoteFSRoot()));
        template.put("idleTerminationMinutes", orInherited(info, info.getIdleTerminationMinutes()));
        template.put("jvmArgs", orInherited(info, info.getJvmArgs()));
        template.put("jnlpArgs", orInherited(info, info.getJnlpArgs()));
        template.put("attributes", info.getSlaveAttributesString());
        template.put("constraints", Util.fixEmpty(info.getConstraints()));
        template.put("priority", Util.fixEmpty(info.getPriority()));
        template.put("gpus", Util.fixEmpty(info.getGpus()));
        template.put("resources", Util.fixEmpty(info.getResources()));
        // a false would be no blank
        template.put("revocable", info.isRevocable() || !info.inherits() ? info.isRevocable() : null);
        template.put("singleUse", info.isSingleUse() || !info.inherits() ? info.isSingleUse() : null);
        template.put("maxBuilds", Util.fixEmpty(info.getMaxBuilds()));
        template.put("maxHours", Util.fixEmpty(info.getMaxHours()));
        template.put("maxAgents", Util.fixEmpty(info.getMaxAgents()));
        template.put("maxCpus", Util.fixEmpty(info.getMaxCpus()));
        template.put("maxMem", Util.fixEmpty(info.getMaxMem()));
        template.put("launchTimeoutSeconds", Util.fixEmpty(info.getLaunchTimeout()));
        template.put("uris", listOrNull(info.getAdditionalURIs().stream().map(FetchedFile::toConfig).toList()));
        template.put(
                "environment",
                listOrNull(info.getEnvironment().stream().map(EnvironmentVariable::toConfig).toList()));
        template.put("domain", domain(info));
        String style = Util.fixEmpty(info.getAgentCommandStyle());
        template.put("commandStyle", style == null ? null : style.toLowerCase(Locale.ROOT));
        template.put("container", info.getContainerInfo() == null ? null : info.getContainerInfo().toConfig());
        return template;
    }

    private static String orInherited(MesosSlaveInfo info, String value) {
        return info.inherits() && value.isEmpty() ? null : value;
    }

    /** An empty list says nothing: then the other template's counts, if there is one. */
    private static <T> List<T> listOrNull(List<T> list) {
        return list.isEmpty() ? null : list;
    }

    private static Map<String, Object> domain(MesosSlaveInfo info) {
        if (info.getDomain().isEmpty()) {
            return null;
        }
        Map<String, Object> filter = new LinkedHashMap<>();
        filter.put("mode", info.getDomain());
        filter.put("region", Util.fixEmpty(info.getRegion()));
        filter.put("zone", Util.fixEmpty(info.getZone()));
        return filter;
    }
}
