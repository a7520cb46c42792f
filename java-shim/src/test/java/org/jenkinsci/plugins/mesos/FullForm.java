package org.jenkinsci.plugins.mesos;

import hudson.model.Node;
import hudson.slaves.EnvironmentVariablesNodeProperty;
import java.util.List;

/** A cloud in which no field has its default, made by the setters that the form uses. */
final class FullForm {
    private FullForm() {}

    static MesosCloud cloud(String master) {
        MesosCloud cloud = new MesosCloud("Farm", master);
        cloud.setDescription("[with] \"quotes\" and <tags> [x]");
        cloud.setFrameworkName("Jenkins & Co");
        cloud.setRole("ci");
        cloud.setSlavesUser("builder");
        cloud.setJenkinsURL("http://jenkins.example/base/");
        cloud.setCheckpoint(false);
        cloud.setOnDemandRegistration(false);
        cloud.setNfsRemoteFSRoot(true);
        cloud.setEnableMetricsHealthcheck(false);
        cloud.setDeclineOfferDuration("30");
        cloud.setFailoverTimeout("3600");
        cloud.setUnreachableTimeout("300");
        cloud.setFrameworkLabels("team=build\nspot");
        cloud.setLaunchTimeout("120");
        cloud.setConnection("websocket");
        cloud.setTunnel("gate.example:5000");
        cloud.setCaFile("/etc/ssl/mesos-ca.pem");
        cloud.setPlacement("spread");
        cloud.setHoldBackSeconds("60");
        cloud.setMaxAgents("40");
        cloud.setMaxCpus("64.5");
        cloud.setMaxMem("65536");
        cloud.setPipelineAllowed(true);
        cloud.setPipelineMaxCpus("4");
        cloud.setPipelineMaxMem("8192");
        cloud.setPipelineImages("maven:.*\nregistry\\.example/.*");
        cloud.setSlaveInfos(List.of(base(), template()));
        return cloud;
    }

    /** What the other one inherits from. */
    static MesosSlaveInfo base() {
        MesosSlaveInfo base = new MesosSlaveInfo("base");
        base.setTemplateName("base template");
        base.setNodeProperties(List.of());
        return base;
    }

    static MesosSlaveInfo template() {
        MesosSlaveInfo template = new MesosSlaveInfo("farm wide");
        template.setTemplateName("full");
        template.setInheritFrom("base template");
        template.setMode(Node.Mode.EXCLUSIVE);
        template.setSingleUse(true);
        template.setSlaveCpus("0.25");
        template.setSlaveMem("300");
        template.setMinExecutors("2");
        template.setMaxExecutors("3");
        template.setExecutorCpus("0.5");
        template.setExecutorMem("77");
        template.setDiskNeeded("12.5");
        template.setRemoteFSRoot("work/here");
        template.setIdleTerminationMinutes("9");
        template.setJvmOverheadPercent("20");
        template.setJvmArgs("-Xms20m -Dx=\"a b\"");
        template.setJnlpArgs("-noReconnect -noCertificateCheck");
        template.setAgentCommandStyle("Windows");
        template.setLaunchTimeout("90");
        template.setMaxBuilds("5");
        template.setMaxHours("7");
        template.setMaxAgents("11");
        template.setMaxCpus("12");
        template.setMaxMem("1300");
        template.setSlaveAttributesString("{\"os\":\"linux\"}");
        template.setConstraints("rack in a, b\nat most 2 per rack");
        template.setPriority("7");
        template.setGpus("1");
        template.setResources("licenses = 2");
        template.setRevocable(true);
        template.setDomain("match");
        template.setRegion("eu-west");
        template.setZone("eu-west-1a");
        template.setDefaultSlave(true);
        template.setAllowedFolders("team-a\nteam-b/release");
        template.setAllowedJobs("team-c/.*-nightly");
        template.setEnvironment(List.of(variable("GREETING", "a \"b\" <c>"), variable("EMPTY", "")));
        template.setAdditionalURIs(List.of(uri("http://files.example/jdk.tgz", false, true), uri("/srv/run.sh", true, false)));
        template.setNodeProperties(List.of(
                new EnvironmentVariablesNodeProperty(new EnvironmentVariablesNodeProperty.Entry("NODE_VAR", "node value"))));
        template.setContainerInfo(container());
        return template;
    }

    private static EnvironmentVariable variable(String name, String value) {
        EnvironmentVariable variable = new EnvironmentVariable(name);
        variable.setValue(value);
        return variable;
    }

    private static MesosSlaveInfo.URI uri(String value, boolean executable, boolean extract) {
        MesosSlaveInfo.URI uri = new MesosSlaveInfo.URI(value);
        uri.setExecutable(executable);
        uri.setExtract(extract);
        return uri;
    }

    private static MesosSlaveInfo.ContainerInfo container() {
        MesosSlaveInfo.ContainerInfo container = new MesosSlaveInfo.ContainerInfo("example/jdk:17");
        container.setType("DOCKER");
        container.setNetworking("USER");
        container.setDockerPrivilegedMode(true);
        container.setDockerForcePullImage(true);
        container.setDockerImageCustomizable(true);
        container.setUseCustomDockerCommandShell(true);
        container.setCustomDockerCommandShell("/entry.sh");
        container.setIsDind(true);
        container.setImageWithoutShell(true);
        container.setDockerAccess("socket");
        container.setDockerSocket("/run/user/1000/docker.sock");
        container.setAllowedImages("example/.*\nregistry\\.example/.*");
        container.setNetworkInfos(List.of(new MesosSlaveInfo.NetworkInfo("overlay")));
        container.setPortMappings(List.of(port("8080", "31000", "tcp"), port("53", "", "udp")));
        container.setVolumes(List.of(volume("/cache", "/srv/cache", true), volume("/scratch", "", false)));
        MesosSlaveInfo.Parameter parameter = new MesosSlaveInfo.Parameter("ulimit");
        parameter.setValue("nofile=4096");
        container.setParameters(List.of(parameter));
        return container;
    }

    private static MesosSlaveInfo.PortMapping port(String container, String host, String protocol) {
        MesosSlaveInfo.PortMapping port = new MesosSlaveInfo.PortMapping(container);
        port.setHostPort(host);
        port.setProtocol(protocol);
        port.setDescription("VNC");
        port.setUrlFormat("vnc://{host}:{port}");
        return port;
    }

    private static MesosSlaveInfo.Volume volume(String container, String host, boolean readOnly) {
        MesosSlaveInfo.Volume volume = new MesosSlaveInfo.Volume(container);
        volume.setHostPath(host);
        volume.setReadOnly(readOnly);
        return volume;
    }
}
