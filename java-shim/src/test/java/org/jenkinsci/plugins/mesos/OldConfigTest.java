package org.jenkinsci.plugins.mesos;

import hudson.model.Hudson;
import hudson.model.Node;
import hudson.slaves.EnvironmentVariablesNodeProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.sf.json.JSONObject;

/** Files of older versions are read and written without loss. */
public class OldConfigTest extends MesosTestCase {
    private static final String CMS = "-Xms16m -Djava.net.preferIPv4Stack=true";

    /** One file for each layout that kept its names; 0.2 and 2.0 have tests of their own. */
    private static List<OldFile> files() throws Exception {
        List<OldFile> files = new ArrayList<>();
        files.add(OldFile.of("cloud-0.8.xml")
                .becomes("slaveInfos/0/slaveAttributesString", "{\"rack\":\"r1\",\"zone\":\"a & b\"}")
                .becomes("slaveInfos/1/jvmArgs", CMS));
        files.add(OldFile.of("cloud-0.10.xml")
                .becomes("declineOfferDuration", "600")
                .becomes("slaveInfos/0/slaveAttributesString", "{\"os\":\"linux\"}")
                .becomes("slaveInfos/0/jvmArgs", CMS));
        files.add(OldFile.of("cloud-0.14.xml")
                .becomes("declineOfferDuration", "2")
                .becomes("slaveInfos/0/minExecutors", "1")
                .becomes("slaveInfos/0/slaveAttributesString", "{\"rack\":\"7\",\"os\":\"linux\"}")
                .becomes("slaveInfos/0/jvmArgs", "-Xmx1g -Dkeep=this " + CMS));
        files.add(OldFile.of("cloud-0.18.xml")
                .becomes("declineOfferDuration", "300")
                .becomes("slaveInfos/0/jvmArgs", "-Xms32m"));
        files.add(OldFile.of("cloud-1.0.xml")
                .becomes("slaveInfos/0/jvmArgs", CMS)
                .becomes("slaveInfos/1/slaveCpus", "0.001"));
        files.add(OldFile.of("cloud-1.x.xml")
                .becomes("declineOfferDuration", "600")
                .becomes("slaveInfos/0/jvmArgs", CMS)
                .becomes("slaveInfos/1/jvmArgs", CMS)
                .becomes("slaveInfos/2/jvmArgs", CMS)
                .becomes("slaveInfos/2/slaveAttributesString", "{\"cores\":\"8\",\"os\":\"linux\"}"));
        OldFile large = OldFile.of("cloud-large.xml");
        for (int i = 0; i < 40; i++) {
            if (i % 5 != 1) {
                large.becomes("slaveInfos/" + i + "/jvmArgs", CMS);
            }
        }
        files.add(large);
        return files;
    }

    public void testEveryFieldOfAnOldFileHasItsValueAfterLoading() throws Exception {
        for (OldFile file : files()) {
            assertEquals(file.name, List.of(), file.wrongFields(file.load()));
        }
        assertEquals(40, OldFile.of("cloud-large.xml").load().getSlaveInfos().size());
    }

    public void testSavingKeepsTheOldNamesAndLosesNothing() throws Exception {
        for (OldFile file : files()) {
            String saved = Hudson.XSTREAM.toXML(file.load());
            Map<String, String> expected = file.expectedLeaves();
            Map<String, String> written = new TreeMap<>(OldFile.leaves(saved));
            Map<String, String> kept = new TreeMap<>(written);
            kept.keySet().retainAll(expected.keySet());
            assertEquals(file.name, lines(expected), lines(kept));
            written.keySet().removeAll(expected.keySet());
            written.keySet().removeIf(path -> path.matches(
                    "(slaveInfos/\\d+/)?(configVersion|cloudID|role|declineOfferDuration|secret|minExecutors|diskNeeded"
                            + "|defaultSlave)"));
            assertEquals(file.name + ": nothing new", Map.of(), written);
        }
    }

    private static String lines(Map<String, String> leaves) {
        StringBuilder lines = new StringBuilder();
        leaves.forEach((path, value) -> lines.append(path).append(" = ").append(value).append('\n'));
        return lines.toString();
    }

    public void testNestedElementsKeepTheirNames() throws Exception {
        String saved = Hudson.XSTREAM.toXML(OldFile.of("cloud-0.18.xml").load());
        Set<String> nested = new TreeSet<>(OldFile.names(saved));
        nested.removeIf(name -> !name.contains("_-"));
        String prefix = MesosSlaveInfo.class.getName() + "_-";
        assertEquals(
                new TreeSet<>(Set.of(
                        prefix + "NetworkInfo",
                        prefix + "Parameter",
                        prefix + "PortMapping",
                        prefix + "URI",
                        prefix + "Volume")),
                nested);
    }

    public void testASavedFileIsReadAsItIs() throws Exception {
        List<OldFile> files = new ArrayList<>(files());
        files.add(OldFile.of("cloud-0.2.xml"));
        files.add(OldFile.of("cloud-2.0.xml"));
        for (OldFile file : files) {
            MesosCloud first = file.load();
            assertFalse(file.name, first.takeFindings().isEmpty());
            String once = Hudson.XSTREAM.toXML(first);
            MesosCloud second = (MesosCloud) Hudson.XSTREAM.fromXML(once);
            assertNull(file.name + " is converted once", second.takeFindings());
            assertEquals(file.name, once, Hudson.XSTREAM.toXML(second));
            assertEquals(file.name, first.toConfig(), second.toConfig());
        }
    }

    public void testWhatAVeryOldFileLacksGetsItsDefault() throws Exception {
        MesosCloud cloud = OldFile.of("cloud-0.8.xml").load();
        assertEquals("*", cloud.getRole());
        assertEquals(36, cloud.getCloudID().length());
        assertEquals("600", cloud.getDeclineOfferDuration());
        assertFalse(cloud.isNfsRemoteFSRoot());
        assertTrue(cloud.isEnableMetricsHealthcheck());
        MesosSlaveInfo template = cloud.getSlaveInfos().get(0);
        assertEquals("1", template.getMinExecutors());
        assertEquals("0.0", template.getDiskNeeded());
        assertEquals("0 is never, not a default", "0", template.getIdleTerminationMinutes());
        assertEquals("", template.getJvmArgs());
        assertTrue(template.getNodeProperties().isEmpty());
        assertFalse(cloud.getSlaveInfos().get(1).getContainerInfo().getIsDind());
    }

    public void testPrincipalAndSecretOfAVeryOldFileAreUsedAndNoLongerStoredInPlainText() throws Exception {
        MesosCloud cloud = OldFile.of("cloud-0.8.xml").load();
        assertEquals("jenkins-principal", cloud.ownLogin().principal());
        assertEquals("in plain text", cloud.ownLogin().password().getPlainText());
        String saved = Hudson.XSTREAM.toXML(cloud);
        assertFalse(saved, saved.contains("in plain text"));
        MesosCloud again = (MesosCloud) Hudson.XSTREAM.fromXML(saved);
        assertEquals("in plain text", again.ownLogin().password().getPlainText());
    }

    public void testNodePropertiesAreRead() throws Exception {
        MesosSlaveInfo template = OldFile.of("cloud-0.14.xml").load().getSlaveInfos().get(0);
        EnvironmentVariablesNodeProperty property =
                (EnvironmentVariablesNodeProperty) template.getNodeProperties().get(0);
        assertEquals("C", property.getEnvVars().get("LANG"));
    }

    public void testAttributesThatTheHostsOwnLibraryDumpedAreRead() throws Exception {
        JSONObject attributes = JSONObject.fromObject("{\"rack\":\"r <1>\",\"os\":\"linux\",\"cores\":8}");
        String dump = Hudson.XSTREAM.toXML(attributes).replace("net.sf.json.JSONObject", "slaveAttributes");
        String xml = OldFile.of("cloud-0.8.xml")
                .xml
                .replaceFirst("(?s)<slaveAttributes>.*</slaveAttributes>", dump.replace("$", "\\$"));
        MesosCloud cloud = (MesosCloud) Hudson.XSTREAM.fromXML(xml);
        assertEquals(
                dump,
                Map.of("rack", "r <1>", "os", "linux", "cores", "8"),
                NativeJson.parse(cloud.getSlaveInfos().get(0).getSlaveAttributesString()));
    }

    public void testAttributesThatNobodyCanReadAreNoConditionAsBefore() throws Exception {
        OldFile file = OldFile.of("cloud-1.x.xml");
        MesosCloud cloud = (MesosCloud) Hudson.XSTREAM.fromXML(file.xml.replace("{os:'linux',cores:8}", "os=linux"));
        assertNull(cloud.getSlaveInfos().get(2).getSlaveAttributesString());
        assertTrue(cloud.takeFindings().stream()
                .anyMatch(finding -> finding.look() && finding.arguments().equals(List.of("os=linux"))));
    }

    public void testAnEntryThatIsNoNumberDoesNotLoseTheCloud() throws Exception {
        String damaged = OldFile.of("cloud-0.18.xml").xml.replace("<slaveMem>300<", "<slaveMem>plenty<");
        MesosCloud cloud = (MesosCloud) Hudson.XSTREAM.fromXML(damaged);
        MesosSlaveInfo template = cloud.getSlaveInfos().get(0);
        assertEquals("plenty", template.getSlaveMem());
        assertEquals("farm big", template.getLabelString());
    }

    public void testTheCloudOfTheFirstVersionsBecomesATemplate() throws Exception {
        MesosCloud cloud = OldFile.of("cloud-0.2.xml").load();
        assertEquals("m0.example:5050", cloud.getMaster());
        MesosSlaveInfo template = cloud.getSlaveInfos().get(0);
        assertEquals("mesos", template.getLabelString());
        assertEquals("2", template.getSlaveCpus());
        assertEquals("700", template.getSlaveMem());
        assertEquals("1", template.getExecutorCpus());
        assertEquals("300", template.getExecutorMem());
        assertEquals("5", template.getMaxExecutors());
        assertEquals("9", template.getIdleTerminationMinutes());
        assertEquals("{\"os\":\"linux\"}", template.getSlaveAttributesString());
    }

    public void testACloudOf2IsReadAndWrittenUnderTheOldNames() throws Exception {
        MesosCloud cloud = OldFile.of("cloud-2.0.xml").load();
        assertEquals("http://leader.mesos:5050", cloud.getMaster());
        assertEquals("Jenkins Two", cloud.getFrameworkName());
        assertEquals("jenkins", cloud.getRole());
        assertEquals("nobody", cloud.getSlavesUser());
        assertEquals("http://jenkins.marathon.mesos:8080/", cloud.getJenkinsURL());
        assertEquals("6f0f4b2e-7d0c-4b8e-9a58-2d1c1f8a0b11", cloud.toConfig().get("frameworkId"));
        assertEquals(3, cloud.getSlaveInfos().size());
        MesosSlaveInfo docker = cloud.getSlaveInfos().get(0);
        assertEquals("linux docker", docker.getLabelString());
        assertEquals(Node.Mode.EXCLUSIVE, docker.getMode());
        assertEquals("0.75", docker.getSlaveCpus());
        assertEquals("768", docker.getSlaveMem());
        assertEquals("0", docker.getExecutorCpus());
        assertEquals("0", docker.getExecutorMem());
        assertEquals("100.0", docker.getDiskNeeded());
        assertEquals("1", docker.getMinExecutors());
        assertEquals("3", docker.getMaxExecutors());
        assertEquals("4", docker.getIdleTerminationMinutes());
        assertEquals("-noReconnect -noCertificateCheck", docker.getJnlpArgs());
        assertEquals("{\"os\":\"linux\",\"url\":\"http://x:1\"}", docker.getSlaveAttributesString());
        assertEquals("Linux", docker.getAgentCommandStyle());
        assertTrue("all agents of 2.0 were", docker.isSingleUse());
        assertEquals("match", docker.getDomain());
        assertEquals("eu", docker.getRegion());
        assertEquals("b", docker.getZone());
        MesosSlaveInfo.ContainerInfo container = docker.getContainerInfo();
        assertEquals("MESOS", container.getType());
        assertEquals("amazoncorretto:8", container.getDockerImage());
        assertEquals("HOST", container.getNetworking());
        assertTrue(container.isDockerPrivilegedMode());
        assertTrue(container.isDockerForcePullImage());
        assertTrue(container.getIsDind());
        assertEquals("/cache", container.getVolumes().get(0).getContainerPath());
        assertEquals("/mnt/cache", container.getVolumes().get(0).getHostPath());
        assertTrue(container.getVolumes().get(0).isReadOnly());
        assertEquals("http://files.example/run", docker.getAdditionalURIs().get(1).getValue());
        assertTrue(docker.getAdditionalURIs().get(1).isExecutable());
        assertFalse(docker.getAdditionalURIs().get(1).isExtract());
        MesosSlaveInfo windows = cloud.getSlaveInfos().get(1);
        assertEquals("Windows", windows.getAgentCommandStyle());
        assertEquals("any", windows.getDomain());
        assertEquals("", windows.getJnlpArgs());
        assertNull(windows.getContainerInfo());
        assertEquals("home", cloud.getSlaveInfos().get(2).getDomain());

        Set<String> written = OldFile.names(Hudson.XSTREAM.toXML(cloud));
        assertTrue(written.toString(), written.contains("slavesUser") && written.contains("frameworkId"));
        written.removeIf(name -> !name.contains("AgentSpec") && !name.equals("agentUser") && !name.equals("instanceCap"));
        assertEquals(Set.of(), written);
    }

    public void testATemplateThatInheritsKeepsItsBlankFieldsBlank() {
        MesosSlaveInfo child = new MesosSlaveInfo("child");
        child.setInheritFrom("mesos");
        child.setSlaveMem("");
        MesosCloud cloud = new MesosCloud("MesosCloud", NOBODY);
        cloud.setSlaveInfos(List.of(new MesosSlaveInfo("mesos"), child));
        MesosCloud again = (MesosCloud) Hudson.XSTREAM.fromXML(Hudson.XSTREAM.toXML(cloud));
        Map<String, Object> config = again.getSlaveInfos().get(1).toConfig();
        for (String inherited : List.of("cpus", "mem", "minExecutors", "jvmArgs", "remoteFsRoot", "disk", "singleUse")) {
            assertTrue(inherited, config.containsKey(inherited));
            assertNull(inherited, config.get(inherited));
        }
        assertEquals("512", again.getSlaveInfos().get(0).toConfig().get("mem"));
        assertEquals("", again.getSlaveInfos().get(1).getSlaveMem());
    }

    public void testOtherPluginsCanCopyACloud() throws Exception {
        MesosCloud source = OldFile.of("cloud-1.0.xml").load();
        MesosCloud copy = new MesosCloud("Another", source);
        assertEquals("Another", copy.getName());
        assertFalse(copy.getCloudID().equals(source.getCloudID()));
        Map<String, Object> expected = new TreeMap<>(source.toConfig());
        expected.put("name", "Another");
        expected.put("cloudId", copy.getCloudID());
        assertEquals(expected, new TreeMap<>(copy.toConfig()));
    }

    public void testImageAndOptionsOf04AreKept() throws Exception {
        String xml = OldFile.of("cloud-0.8.xml")
                .xml
                .replaceFirst("(?s)<externalContainerInfo>.*</externalContainerInfo>",
                        "<containerImage>docker:///four</containerImage><containerOptions>-v</containerOptions>");
        MesosCloud cloud = (MesosCloud) Hudson.XSTREAM.fromXML(xml);
        assertEquals("docker:///four", cloud.getSlaveInfos().get(0).getExternalContainerInfo().getImage());
        assertEquals("-v", cloud.getSlaveInfos().get(0).getExternalContainerInfo().getOptions());
    }

    public void testANodeOfAnOlderVersionIsReadAndRemoved() throws Exception {
        MesosSlave node = (MesosSlave) Hudson.XSTREAM.fromXML(OldFile.of("node-0.18.xml").xml);
        assertEquals("mesos-jenkins-old", node.getNodeName());
        assertEquals("mesos", node.getLabelString());
        assertNull(node.getCloudId());
        hudson.addNode(node);
        MesosFrameworks.start();
        await("the old node is removed", () -> hudson.getNode("mesos-jenkins-old") == null);
    }
}
