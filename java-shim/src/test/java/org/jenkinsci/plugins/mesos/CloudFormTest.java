package org.jenkinsci.plugins.mesos;

import com.gargoylesoftware.htmlunit.FailingHttpStatusCodeException;
import com.gargoylesoftware.htmlunit.html.HtmlForm;
import com.gargoylesoftware.htmlunit.html.HtmlInput;
import com.gargoylesoftware.htmlunit.html.HtmlPage;
import hudson.model.Hudson;
import hudson.model.Node;
import hudson.security.FullControlOnceLoggedInAuthorizationStrategy;
import hudson.util.FormValidation;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The form of the cloud, submitted as a browser does. */
public class CloudFormTest extends MesosTestCase {

    public void testTheFormGivesBackEveryFieldAsItWas() throws Exception {
        MesosSlaveInfo template = template("farm <big> & wide", 2, 3);
        template.setSlaveCpus("0.25");
        template.setSlaveMem("300");
        template.setExecutorCpus("0");
        template.setExecutorMem("0");
        template.setRemoteFSRoot("work/here");
        template.setIdleTerminationMinutes("0");
        template.setMode(Node.Mode.EXCLUSIVE);
        template.setJvmArgs("-Xms20m -Dx=\"a b\"");
        template.setJnlpArgs("-noReconnect -noCertificateCheck");
        template.setSlaveAttributesString("{\"os\":\"linux\"}");
        template.setDiskNeeded("12.5");
        template.setDefaultSlave(true);
        template = named(template, "farm");
        MesosCloud cloud = cloud(template, template("other", 1, 1));
        cloud.setDescription("[with] \"quotes\" and <tags> [x]");
        cloud.setFrameworkName("Jenkins & Co");
        cloud.setRole("ci");
        cloud.setSlavesUser("builder");
        cloud.setCheckpoint(false);
        cloud.setOnDemandRegistration(false);
        cloud.setDeclineOfferDuration("30");
        cloud.setNfsRemoteFSRoot(false);
        cloud.setEnableMetricsHealthcheck(true);
        for (MesosSlaveInfo each : cloud.getSlaveInfos()) {
            each.setNodeProperties(List.of());
        }
        hudson.clouds.add(cloud);

        saveForm();

        MesosCloud saved = theCloud();
        assertNotSame(cloud, saved);
        assertEquals(Hudson.XSTREAM.toXML(cloud), Hudson.XSTREAM.toXML(saved));
    }

    private static MesosSlaveInfo named(MesosSlaveInfo from, String label) {
        String xml = Hudson.XSTREAM.toXML(from).replaceAll("<labelString>.*</labelString>", "<labelString>" + label
                + "</labelString>");
        return (MesosSlaveInfo) Hudson.XSTREAM.fromXML(xml);
    }

    public void testAFileOfAnOldVersionIsTheSameAfterTheForm() throws Exception {
        String old;
        try (InputStream in = getClass().getResourceAsStream("cloud-0.18.xml")) {
            old = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        hudson.clouds.add((MesosCloud) Hudson.XSTREAM.fromXML(old));
        // the form shows it, so it is written from now on
        theCloud().setEnableMetricsHealthcheck(true);
        String before = Hudson.XSTREAM.toXML(theCloud());

        saveForm();
        saveForm();

        assertEquals(before, Hudson.XSTREAM.toXML(theCloud()));
        assertTrue(before, before.contains("<dockerImage>example/jdk:17</dockerImage>"));
    }

    public void testNegativeCpusAreRefusedWithTheNameOfTheField() throws Exception {
        assertRefused("_.slaveCpus", "-1", "Jenkins Slave CPUs");
    }

    public void testMemoryThatIsNoNumberIsRefusedWithTheNameOfTheField() throws Exception {
        assertRefused("_.slaveMem", "abc", "Jenkins Slave Memory in MB");
    }

    public void testMoreMinimumThanMaximumExecutorsAreRefused() throws Exception {
        assertRefused("_.minExecutors", "9", "Executors");
    }

    public void testALabelThatCannotNameAnAgentIsRefused() throws Exception {
        assertRefused("_.labelString", "a&b", "Label String");
    }

    public void testADiskThatIsNoNumberIsRefused() throws Exception {
        assertRefused("_.diskNeeded", "much", "Disk needed");
    }

    public void testAMasterThatIsNoAddressIsRefused() throws Exception {
        assertRefused("_.master", "zk://", "Mesos Master");
    }

    private void assertRefused(String field, String value, String title) throws Exception {
        hudson.clouds.add(cloud(template("mesos", 1, 2)));
        String before = Hudson.XSTREAM.toXML(theCloud());
        HtmlForm form = createWebClient().goTo("configure").getFormByName("config");
        assertFalse(form.selectNodes(".//input[@name='" + field + "']").isEmpty());
        for (HtmlInput input : form.<HtmlInput>selectNodes(".//input[@name='" + field + "']").stream().toList()) {
            input.setValueAttribute(value);
        }
        try {
            HtmlPage answer = submit(form);
            assertTrue(answer.asText(), answer.asText().contains(title));
        } catch (FailingHttpStatusCodeException e) {
            String answer = e.getResponse().getContentAsString();
            assertTrue(answer, answer.contains(title));
        }
        assertEquals("nothing was changed", before, Hudson.XSTREAM.toXML(theCloud()));
    }

    public void testEachFieldIsCheckedOnTheServer() throws Exception {
        MesosSlaveInfo.DescriptorImpl template =
                (MesosSlaveInfo.DescriptorImpl) hudson.getDescriptorOrDie(MesosSlaveInfo.class);
        assertError(template.doCheckSlaveCpus("0"));
        assertOk(template.doCheckSlaveCpus("0.001"));
        assertError(template.doCheckSlaveMem("abc"));
        assertOk(template.doCheckSlaveMem("1"));
        assertError(template.doCheckMinExecutors("3", "2"));
        assertOk(template.doCheckMinExecutors("2", "2"));
        assertOk(template.doCheckMinExecutors("2", ""));
        assertError(template.doCheckLabelString("a|b"));
        assertOk(template.doCheckLabelString("a:b/c"));
        assertOk(template.doCheckLabelString(""));
        assertError(template.doCheckIdleTerminationMinutes("-1"));
        assertOk(template.doCheckIdleTerminationMinutes("0"));
        assertError(template.doCheckSlaveAttributesString("os=linux"));
        assertError(template.doCheckDiskNeeded("-1"));
        MesosCloud.DescriptorImpl cloud = (MesosCloud.DescriptorImpl) hudson.getDescriptorOrDie(MesosCloud.class);
        assertError(cloud.doCheckMaster(""));
        assertError(cloud.doCheckMaster("zk://"));
        assertOk(cloud.doCheckMaster("zk://a:2181,b:2181/mesos"));
        assertError(cloud.doCheckRole("a/../b c"));
        assertOk(cloud.doCheckRole(""));
        assertError(cloud.doCheckJenkinsURL("not a url"));
    }

    public void testAnotherLibraryThanTheLoadedOneNeedsARestart() throws Exception {
        MesosCloud.DescriptorImpl cloud = (MesosCloud.DescriptorImpl) hudson.getDescriptorOrDie(MesosCloud.class);
        assertOk(cloud.doCheckNativeLibraryPath(""));
        assertEquals(
                FormValidation.Kind.WARNING,
                cloud.doCheckNativeLibraryPath(System.getProperty("mesos.native")).kind);
    }

    private static void assertError(FormValidation answer) {
        assertEquals(answer.getMessage(), FormValidation.Kind.ERROR, answer.kind);
    }

    private static void assertOk(FormValidation answer) {
        assertEquals(answer.getMessage(), FormValidation.Kind.OK, answer.kind);
    }

    public void testTheFormShowsItsChecksAndHelp() throws Exception {
        hudson.clouds.add(cloud(template("mesos", 1, 2)));
        Answer page = ask("GET", "configure");
        String html = page.body();
        assertTrue(html, html.contains("Mesos Master [hostname:port]"));
        assertTrue(html, html.contains("Additional Jenkins Slave Agent JNLP arguments"));
        assertTrue(html, html.contains("checkMaster"));
        assertTrue(html, html.contains("checkSlaveCpus"));
        for (String help : new String[] {"MesosCloud/help/master", "MesosSlaveInfo/help/slaveCpus"}) {
            Answer text = ask("GET", "descriptor/org.jenkinsci.plugins.mesos." + help);
            assertEquals(help, 200, text.status());
        }
    }

    public void testTestConnectionIsForPostOnly() throws Exception {
        String path = "descriptorByName/" + MesosCloud.class.getName() + "/testConnection?master=" + NOBODY;
        assertEquals(405, ask("GET", path).status());
        Answer answer = ask("POST", path);
        assertEquals(200, answer.status());
    }

    public void testTheLibraryIsLoadedByPostOnly() throws Exception {
        String path = "descriptorByName/" + MesosCloud.class.getName() + "/checkNativeLibraryPath?value=";
        assertEquals(405, ask("GET", path).status());
        assertEquals(200, ask("POST", path).status());
    }

    public void testTestConnectionTellsWhatIsWrong() throws Exception {
        String path = "descriptorByName/" + MesosCloud.class.getName() + "/testConnection?master="
                + URLEncoder.encode(NOBODY, StandardCharsets.UTF_8);
        String answer = ask("POST", path).body();
        assertTrue(answer, answer.contains("class=error") || answer.contains("class=\"error\""));
        assertTrue(answer, answer.contains(NOBODY));
    }

    public void testOnlyAdministratorsMayTestLoadAndLook() throws Exception {
        hudson.setSecurityRealm(createDummySecurityRealm());
        FullControlOnceLoggedInAuthorizationStrategy strategy = new FullControlOnceLoggedInAuthorizationStrategy();
        hudson.setAuthorizationStrategy(strategy);
        String descriptor = "descriptorByName/" + MesosCloud.class.getName();
        for (String path : new String[] {"/testConnection?master=" + NOBODY, "/checkNativeLibraryPath?value="}) {
            assertDenied(ask("POST", descriptor + path));
        }
        assertDenied(ask("GET", descriptor + "/testConnectionResult?id=1"));
        assertDenied(ask("GET", "mesos/"));
    }

    private static void assertDenied(Answer answer) {
        boolean login = answer.body().contains("loginEntry") || answer.body()
                .contains("j_username");
        assertTrue(answer.status() + ": " + answer.body(), answer.status() >= 400 || login);
    }

    private MesosCloud theCloud() {
        return (MesosCloud) hudson.clouds.iterator().next();
    }

    private void saveForm() throws Exception {
        HtmlPage page = createWebClient().goTo("configure");
        try {
            submit(page.getFormByName("config"));
        } catch (FailingHttpStatusCodeException e) {
            fail(e.getResponse().getContentAsString().replaceAll("(?s)<head>.*?</head>|<[^>]*>|\\s+", " "));
        }
    }
}
