package org.jenkinsci.plugins.mesos;

import hudson.model.Hudson;
import hudson.model.Node;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Files of older versions are read and written without loss. */
public class OldConfigTest extends MesosTestCase {

    public void testEveryFieldOfAnOldFileIsThereAfterLoading() throws Exception {
        MesosCloud cloud = load("cloud-0.18.xml");
        assertEquals("zk://zk1.example:2181,zk2.example:2181/mesos", cloud.getMaster());
        assertEquals("build farm", cloud.getDescription());
        assertEquals("Jenkins Farm", cloud.getFrameworkName());
        assertEquals("ci", cloud.getRole());
        assertEquals("jenkins", cloud.getSlavesUser());
        assertEquals("mesos-principal", cloud.getCredentialsId());
        assertEquals("0c6b4a6e-5f5c-4d0e-9a43-b0a1c4d0f2aa", cloud.getCloudID());
        assertTrue(cloud.isCheckpoint());
        assertFalse(cloud.isOnDemandRegistration());
        assertEquals("http://jenkins.example/", cloud.getJenkinsURL());
        MesosSlaveInfo template = cloud.getSlaveInfos().get(0);
        assertEquals("farm big", template.getLabelString());
        assertEquals("0.25", template.getSlaveCpus());
        assertEquals("300", template.getSlaveMem());
        assertEquals("1.5", template.getExecutorCpus());
        assertEquals("2048", template.getExecutorMem());
        assertEquals("2", template.getMinExecutors());
        assertEquals("4", template.getMaxExecutors());
        assertEquals("1024.5", template.getDiskNeeded());
        assertEquals("work", template.getRemoteFSRoot());
        assertEquals("7", template.getIdleTerminationMinutes());
        assertEquals("-Xms32m -XX:+UseConcMarkSweepGC", template.getJvmArgs());
        assertEquals("{\"os\":\"linux\"}", template.getSlaveAttributesString());
        assertEquals(Node.Mode.EXCLUSIVE, template.getMode());
        assertTrue(template.isDefaultSlave());
    }

    public void testMillisecondsForWhichOffersAreDeclinedBecomeSeconds() throws Exception {
        assertEquals("300", load("cloud-0.18.xml").getDeclineOfferDuration());
        assertEquals("600", load("cloud-0.8.xml").getDeclineOfferDuration());
    }

    public void testSavingKeepsEveryElementOfAnOldFile() throws Exception {
        List<String> expected = elements(text("cloud-0.18.xml").replace("300000", "300"));
        List<String> saved = elements(Hudson.XSTREAM.toXML(load("cloud-0.18.xml")));
        assertEquals(String.join("\n", expected), String.join("\n", saved));
    }

    public void testSavingTwiceGivesTheSameFile() throws Exception {
        String once = Hudson.XSTREAM.toXML(load("cloud-0.8.xml"));
        assertEquals(once, Hudson.XSTREAM.toXML(Hudson.XSTREAM.fromXML(once)));
    }

    public void testWhatAVeryOldFileLacksGetsItsDefault() throws Exception {
        MesosCloud cloud = load("cloud-0.8.xml");
        assertEquals("*", cloud.getRole());
        assertTrue(cloud.getCloudID().length() == 36);
        MesosSlaveInfo template = cloud.getSlaveInfos().get(0);
        assertEquals("1", template.getMinExecutors());
        assertEquals("3", template.getMaxExecutors());
        assertEquals("0.0", template.getDiskNeeded());
        assertEquals("0 is never, not a default", "0", template.getIdleTerminationMinutes());
        assertEquals("", template.getJvmArgs());
        assertEquals("{\"rack\":\"r1\"}", template.getSlaveAttributesString());
        assertTrue(template.getNodeProperties().isEmpty());
    }

    public void testPrincipalAndSecretOfAVeryOldFileAreUsedAndNoLongerStoredInPlainText() throws Exception {
        MesosCloud cloud = load("cloud-0.8.xml");
        assertEquals("jenkins-principal", config(cloud).get("principal"));
        assertEquals("in plain text", config(cloud).get("secret"));
        String saved = Hudson.XSTREAM.toXML(cloud);
        assertFalse(saved, saved.contains("in plain text"));
        assertEquals("in plain text", config((MesosCloud) Hudson.XSTREAM.fromXML(saved)).get("secret"));
    }

    private static Map<String, Object> config(MesosCloud cloud) throws Exception {
        Map<String, Object> config = cloud.toConfig();
        CloudLogin.addTo(config, cloud);
        return config;
    }

    public void testAnEntryThatIsNoNumberDoesNotLoseTheCloud() throws Exception {
        String damaged = text("cloud-0.18.xml").replace("<slaveMem>300<", "<slaveMem>plenty<");
        MesosCloud cloud = (MesosCloud) Hudson.XSTREAM.fromXML(damaged);
        MesosSlaveInfo template = cloud.getSlaveInfos().get(0);
        assertEquals("plenty", template.getSlaveMem());
        assertEquals("farm big", template.getLabelString());
    }

    private static MesosCloud load(String name) throws Exception {
        return (MesosCloud) Hudson.XSTREAM.fromXML(text(name));
    }

    private static String text(String name) throws Exception {
        try (InputStream in = OldConfigTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Lines in one order, without blanks, and with one spelling for an empty element and for quotes. */
    private static List<String> elements(String xml) {
        List<String> lines = new ArrayList<>();
        for (String line : xml.split("\n")) {
            String element = line.trim()
                    .replaceAll(" plugin=\"[^\"]*\"", "")
                    .replaceAll("^<([^/>]+)></\\1>$", "<$1/>")
                    .replace("&quot;", "\"");
            if (!element.isEmpty()) {
                lines.add(element);
            }
        }
        lines.sort(null);
        return lines;
    }
}
