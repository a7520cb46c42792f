package org.jenkinsci.plugins.mesos;

import io.jenkins.plugins.casc.model.CNode;
import io.jenkins.plugins.casc.model.Mapping;
import io.jenkins.plugins.casc.model.Sequence;
import java.util.Map;

/** Files of configuration as code that were written for version 2.0, whose properties had other names. */
final class OldYaml {
    private static final Map<String, String> OF_CLOUD = Map.of(
            "mesosMasterUrl", "master",
            "agentUser", "slavesUser",
            "mesosAgentSpecTemplates", "slaveInfos");

    private static final Map<String, String> OF_TEMPLATE = Map.of(
            "label", "labelString",
            "cpus", "slaveCpus",
            "mem", "slaveMem",
            "disk", "diskNeeded",
            "agentAttributes", "slaveAttributesString");

    /** What held for each of its templates; nothing was added to an agent for its one executor. */
    private static final Map<String, String> FIXED_OF_TEMPLATE = Map.of(
            "executorCpus", "0",
            "executorMem", "0",
            "minExecutors", "1",
            "maxExecutors", "1",
            "singleUse", "true",
            "jvmArgs", "");

    private OldYaml() {}

    /**
     * Gives the properties of a cloud their names of today.
     *
     * @return whether there was one of the old names
     */
    static boolean translate(Mapping cloud) {
        CNode templates = cloud.get("mesosAgentSpecTemplates");
        if (templates != null) {
            Sequence list = templates.asSequence();
            for (CNode each : list) {
                template(each.asMapping());
            }
        }
        // the framework's id was part of the file; the cloud's state knows it now
        boolean old = cloud.remove("frameworkId") != null;
        return rename(cloud, OF_CLOUD) || old;
    }

    private static void template(Mapping template) {
        rename(template, OF_TEMPLATE);
        FIXED_OF_TEMPLATE.forEach((name, value) -> {
            if (!template.containsKey(name)) {
                template.put(name, value);
            }
        });
        if (template.containsKey("slaveAttributesString")) {
            String attributes = OldAttributes.ofPairs(template.getScalarValue("slaveAttributesString"));
            template.put("slaveAttributesString", attributes == null ? "" : attributes);
        }
        domain(template);
    }

    /** {@code home}, which it was without a word, {@code any}, or region and zone under the name of their class. */
    private static void domain(Mapping template) {
        CNode filter = template.get("domainFilterModel");
        if (filter instanceof Mapping named && named.size() == 1) {
            Mapping place = named.values().iterator().next().asMapping();
            template.remove("domainFilterModel");
            if (place.containsKey("region")) {
                template.put("domain", "match");
                template.put("region", place.getScalarValue("region"));
                template.put("zone", place.containsKey("zone") ? place.getScalarValue("zone") : "");
            } else {
                template.put("domain", named.keySet().iterator().next());
            }
        } else {
            template.put("domain", filter == null ? "home" : template.getScalarValue("domainFilterModel"));
        }
    }

    private static boolean rename(Mapping mapping, Map<String, String> names) {
        boolean old = false;
        for (Map.Entry<String, String> each : names.entrySet()) {
            CNode value = mapping.remove(each.getKey());
            if (value != null) {
                mapping.put(each.getValue(), value);
                old = true;
            }
        }
        return old;
    }
}
