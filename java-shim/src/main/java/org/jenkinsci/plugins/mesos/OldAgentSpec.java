package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Node;
import java.util.ArrayList;
import java.util.List;

/** A {@code MesosAgentSpecTemplate} of version 2.0, into a template of ours. */
final class OldAgentSpec {
    private OldAgentSpec() {}

    static MesosSlaveInfo toTemplate(XmlTree spec) {
        MesosSlaveInfo template = new MesosSlaveInfo(spec.textOf("label"));
        if ("EXCLUSIVE".equals(spec.textOf("mode"))) {
            template.setMode(Node.Mode.EXCLUSIVE);
        }
        template.setSlaveCpus(orElse(spec, "cpus", MesosSlaveInfo.DEFAULT_CPUS));
        template.setSlaveMem(orElse(spec, "mem", MesosSlaveInfo.DEFAULT_MEM));
        // its agents had one executor, and nothing was added for it
        template.setExecutorCpus("0");
        template.setExecutorMem("0");
        template.setSingleUse(true);
        template.setMinExecutors(orElse(spec, "minExecutors", "1"));
        template.setMaxExecutors(orElse(spec, "maxExecutors", "1"));
        template.setDiskNeeded(orElse(spec, "disk", MesosSlaveInfo.DEFAULT_DISK));
        template.setIdleTerminationMinutes(
                orElse(spec, "idleTerminationMinutes", MesosSlaveInfo.DEFAULT_IDLE_MINUTES));
        template.setJvmArgs("");
        template.setJnlpArgs(spec.child("jnlpArgs") == null
                ? MesosSlaveInfo.DEFAULT_JNLP_ARGS
                : Util.fixNull(spec.textOf("jnlpArgs")));
        template.setSlaveAttributesString(OldAttributes.ofPairs(spec.textOf("agentAttributes")));
        template.setAgentCommandStyle(spec.textOf("agentCommandStyle"));
        domain(spec.child("domainFilterModel"), template);
        XmlTree container = spec.child("containerInfo");
        if (container != null && !container.children().isEmpty()) {
            template.setContainerInfo(container(container));
        }
        template.setAdditionalURIs(files(spec.listOf("additionalURIs")));
        return template;
    }

    private static String orElse(XmlTree spec, String element, String otherwise) {
        String text = spec.textOf(element);
        return text == null ? otherwise : text;
    }

    /** Without one, agents came from the region of the master. */
    private static void domain(XmlTree filter, MesosSlaveInfo template) {
        String type = filter == null || filter.type() == null ? "" : filter.type();
        if (type.endsWith(".Any")) {
            template.setDomain("any");
        } else if (type.endsWith(".StringDomainFilter")) {
            template.setDomain("match");
            template.setRegion(filter.textOf("region"));
            template.setZone(filter.textOf("zone"));
        } else {
            template.setDomain("home");
        }
    }

    private static MesosSlaveInfo.ContainerInfo container(XmlTree old) {
        MesosSlaveInfo.ContainerInfo container = new MesosSlaveInfo.ContainerInfo(old.textOf("dockerImage"));
        container.setType(old.textOf("type"));
        container.setNetworking(old.textOf("networking"));
        container.setIsDind(old.isTrue("isDind"));
        container.setDockerPrivilegedMode(old.isTrue("dockerPrivilegedMode"));
        container.setDockerForcePullImage(old.isTrue("dockerForcePullImage"));
        List<MesosSlaveInfo.Volume> volumes = new ArrayList<>();
        for (XmlTree each : old.listOf("volumes")) {
            MesosSlaveInfo.Volume volume = new MesosSlaveInfo.Volume(each.textOf("containerPath"));
            volume.setHostPath(each.textOf("hostPath"));
            volume.setReadOnly(each.isTrue("readOnly"));
            volumes.add(volume);
        }
        container.setVolumes(volumes);
        return container;
    }

    private static List<MesosSlaveInfo.URI> files(List<XmlTree> old) {
        List<MesosSlaveInfo.URI> files = new ArrayList<>();
        for (XmlTree each : old) {
            MesosSlaveInfo.URI file = new MesosSlaveInfo.URI(each.textOf("value"));
            file.setExecutable(each.isTrue("executable"));
            file.setExtract(each.isTrue("extract"));
            files.add(file);
        }
        return files;
    }
}
