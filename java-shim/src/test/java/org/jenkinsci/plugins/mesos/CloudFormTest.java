package org.jenkinsci.plugins.mesos;

import com.gargoylesoftware.htmlunit.FailingHttpStatusCodeException;
import com.gargoylesoftware.htmlunit.html.HtmlElement;
import com.gargoylesoftware.htmlunit.html.HtmlForm;
import com.gargoylesoftware.htmlunit.html.HtmlInput;
import com.gargoylesoftware.htmlunit.html.HtmlPage;
import hudson.model.Descriptor.FormException;
import hudson.model.Hudson;
import hudson.model.Node;
import hudson.security.FullControlOnceLoggedInAuthorizationStrategy;
import hudson.util.FormValidation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

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

    public void testMemoryThatDoesNotHoldAJvmInItsContainerIsRefused() throws Exception {
        MesosSlaveInfo template = template("mesos", 1, 1);
        template.setExecutorMem("32");
        template.setContainerInfo(new MesosSlaveInfo.ContainerInfo("example/jdk:17"));
        assertRefused(template, "_.slaveMem", "48", "80 MB together");
    }

    private void assertRefused(String field, String value, String title) throws Exception {
        assertRefused(template("mesos", 1, 2), field, value, title);
    }

    private void assertRefused(MesosSlaveInfo template, String field, String value, String title) throws Exception {
        hudson.clouds.add(cloud(template));
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

    public void testTheFieldsOfListsAreCheckedOnTheServer() throws Exception {
        PortForm port = (PortForm) hudson.getDescriptorOrDie(MesosSlaveInfo.PortMapping.class);
        for (String bad : List.of("", "0", "65536", "http")) {
            assertError(port.doCheckContainerPort(bad));
        }
        assertOk(port.doCheckContainerPort("65535"));
        assertOk(port.doCheckHostPort(""));
        assertError(port.doCheckHostPort("70000"));
        assertError(port.doCheckUrlFormat("javascript:alert(1)"));
        assertOk(port.doCheckUrlFormat("vnc://{host}:{port}"));
        VolumeForm volume = (VolumeForm) hudson.getDescriptorOrDie(MesosSlaveInfo.Volume.class);
        assertError(volume.doCheckContainerPath("relative", "DOCKER"));
        assertOk(volume.doCheckContainerPath("/cache", "DOCKER"));
        assertOk(volume.doCheckHostPath(""));
        ParameterForm parameter = (ParameterForm) hudson.getDescriptorOrDie(MesosSlaveInfo.Parameter.class);
        assertError(parameter.doCheckKey(""));
        assertOk(parameter.doCheckKey("ulimit"));
        NetworkForm network = (NetworkForm) hudson.getDescriptorOrDie(MesosSlaveInfo.NetworkInfo.class);
        assertError(network.doCheckNetworkName("a b"));
        assertOk(network.doCheckNetworkName("overlay"));
        FetchedFileForm uri = (FetchedFileForm) hudson.getDescriptorOrDie(MesosSlaveInfo.URI.class);
        assertError(uri.doCheckValue(""));
        assertOk(uri.doCheckValue("https://files.example/jdk.tgz"));
        VariableForm variable = (VariableForm) hudson.getDescriptorOrDie(EnvironmentVariable.class);
        assertError(variable.doCheckName("1 bad"));
        assertOk(variable.doCheckName("MAVEN_OPTS"));
        ContainerForm container = (ContainerForm) hudson.getDescriptorOrDie(MesosSlaveInfo.ContainerInfo.class);
        assertError(container.doCheckDockerImage(""));
        assertOk(container.doCheckDockerImage("example/jdk:17"));
        assertError(container.doCheckCustomDockerCommandShell("", true));
        assertOk(container.doCheckCustomDockerCommandShell("", false));
        assertEquals(FormValidation.Kind.WARNING, container.doCheckNetworking("BRIDGE", "MESOS").kind);
        assertOk(container.doCheckNetworking("BRIDGE", "DOCKER"));
    }

    public void testTextsThatOnlyJenkinsUsesAreChecked() throws Exception {
        TemplateForm template = (TemplateForm) hudson.getDescriptorOrDie(MesosSlaveInfo.class);
        assertError(template.doCheckAllowedJobs("team/("));
        assertOk(template.doCheckAllowedJobs("team/.*"));
        assertError(template.doCheckAllowedFolders("good\n/bad"));
        assertOk(template.doCheckAllowedFolders("team-a\nteam-b/release"));
        assertError(template.doCheckRegion("", "match", ""));
        assertOk(template.doCheckRegion("", "any", ""));
        CloudForm cloud = (CloudForm) hudson.getDescriptorOrDie(MesosCloud.class);
        for (String bad : List.of("host", ":", "host:70000", "a b:1", "host:0")) {
            assertError(cloud.doCheckTunnel(bad));
        }
        for (String good : List.of("", "host:1", "host:", ":5000", "[::1]:5000")) {
            assertOk(cloud.doCheckTunnel(good));
        }
        assertError(cloud.doCheckPipelineImages("maven:.*\n*"));
        assertError(cloud.doCheckPipelineMaxCpus("many"));
        assertOk(cloud.doCheckMaxAgents(""));
    }

    public void testAProblemIsToldWithItsFieldAndTheCure() throws Exception {
        assertToldAt("tunnel", "host:port", cloud -> cloud.setTunnel("nowhere"));
        assertToldAt("pipelineImages", "correct it", cloud -> cloud.setPipelineImages("("));
        assertToldAt("maxAgents", "enter", cloud -> cloud.setMaxAgents("none"));
        assertToldAt("allowedJobs", "correct it", cloud -> cloud.getSlaveInfos().get(0).setAllowedJobs("("));
        assertToldAt("inheritFrom", "enter the name", cloud -> cloud.getSlaveInfos().get(0).setInheritFrom("nobody"));
        assertToldAt("additionalURIs", "write it", cloud -> cloud.getSlaveInfos().get(0)
                .setAdditionalURIs(List.of(new MesosSlaveInfo.URI(""))));
        assertToldAt("environment", "enter one", cloud -> cloud.getSlaveInfos().get(0)
                .setEnvironment(List.of(new EnvironmentVariable(""))));
        assertToldAt("containerInfo", "65535", cloud -> {
            MesosSlaveInfo.ContainerInfo container = new MesosSlaveInfo.ContainerInfo("image");
            container.setPortMappings(List.of(new MesosSlaveInfo.PortMapping("70000")));
            cloud.getSlaveInfos().get(0).setContainerInfo(container);
        });
    }

    private void assertToldAt(String field, String cure, Consumer<MesosCloud> mistake) throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 2));
        mistake.accept(cloud);
        try {
            FieldCheck.refuseErrors(cloud);
            fail(field + " was taken");
        } catch (FormException refused) {
            assertEquals(field, refused.getFormField());
            assertTrue(refused.getMessage(), refused.getMessage().contains(cure));
            assertTrue(refused.getMessage(), refused.getMessage().contains("MesosCloud"));
        }
    }

    public void testTheSummaryIsTheSumOfItsFieldsAndOfWhatIsInherited() throws Exception {
        TemplateForm template = (TemplateForm) hudson.getDescriptorOrDie(MesosSlaveInfo.class);
        String own = template.doCheckSummary("0.5", "100", "1", "3", "1", "50", "20", "", false, null).getMessage();
        assertTrue(own, own.contains("1.5 CPUs, 150 MB of memory and 20 MB of disk"));
        assertTrue(own, own.contains("3.5 CPUs, 250 MB"));
        String single = template.doCheckSummary("0.5", "100", "1", "3", "1", "50", "20", "", true, null).getMessage();
        assertTrue(single, single.contains("1.5 CPUs") && !single.contains("3.5 CPUs"));
        String defaults = template.doCheckSummary("", "", "", "", "", "", "", "", false, null).getMessage();
        assertTrue(defaults, defaults.contains("0.2 CPUs, 640 MB of memory and 0 MB of disk"));
        MesosSlaveInfo base = FullForm.base();
        base.setSlaveMem("1000");
        MesosCloud cloud = cloud(base);
        hudson.clouds.add(cloud);
        String inherited = template.doCheckSummary(
                        "2", "", "1", "1", "0", "0", "", "base template", false, cloud.getCloudID())
                .getMessage();
        assertTrue(inherited, inherited.contains("2 CPUs, 1000 MB"));
        assertFalse(inherited, inherited.contains("fewest"));
    }

    public void testTheSummaryFollowsItsFields() throws Exception {
        hudson.clouds.add(cloud(template("mesos", 1, 1)));
        HtmlPage page = createWebClient().goTo("configure");
        HtmlInput summary = page.getFirstByXPath("//input[contains(@class,'mesos-summary')"
                + " and not(ancestor::*[contains(@class,'to-be-removed')])]");
        HtmlElement line = summary.getFirstByXPath(
                "ancestor::tr[1]/following-sibling::tr[contains(@class,'validation-error-area')][1]");
        await("the summary is there", () -> line.getTextContent().contains("0.2 CPUs, 640 MB"));
        HtmlInput cpus = page.getFirstByXPath("//input[@name='_.slaveCpus'"
                + " and not(ancestor::*[contains(@class,'to-be-removed')])]");

        cpus.setValueAttribute("7");
        cpus.fireEvent("change");

        await("the summary has changed", () -> line.getTextContent().contains("7.1 CPUs, 640 MB"));
    }

    public void testANameToInheritFromIsOfferedAndLookedUp() throws Exception {
        MesosCloud cloud = cloud(FullForm.base(), template("plain", 1, 1));
        hudson.clouds.add(cloud);
        TemplateForm template = (TemplateForm) hudson.getDescriptorOrDie(MesosSlaveInfo.class);
        assertEquals(List.of("base template", "plain"), template.doFillInheritFromItems(cloud.getCloudID()));
        assertOk(template.doCheckInheritFrom("plain", cloud.getCloudID()));
        assertEquals(FormValidation.Kind.WARNING, template.doCheckInheritFrom("new one", cloud.getCloudID()).kind);
        assertEquals(List.of(), template.doFillInheritFromItems(null));
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
        // one that takes longer than a second is answered with a place to look at
        await("the error is told", () -> {
            try {
                String answer = ask("POST", path).body();
                return answer.matches("(?s).*class=\"?error\\b.*") && answer.contains(NOBODY);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    public void testOnlyAdministratorsMayTestLoadAndLook() throws Exception {
        hudson.setSecurityRealm(createDummySecurityRealm());
        FullControlOnceLoggedInAuthorizationStrategy strategy = new FullControlOnceLoggedInAuthorizationStrategy();
        hudson.setAuthorizationStrategy(strategy);
        String template = "descriptorByName/" + MesosSlaveInfo.class.getName();
        String summary = ask("POST", template + "/checkSummary?slaveCpus=1").body();
        assertFalse(summary, summary.contains("CPUs"));
        assertEquals(405, ask("GET", template + "/checkSummary?slaveCpus=1").status());
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
