package org.jenkinsci.plugins.mesos;

import com.gargoylesoftware.htmlunit.FailingHttpStatusCodeException;
import com.gargoylesoftware.htmlunit.html.HtmlCheckBoxInput;
import com.gargoylesoftware.htmlunit.html.HtmlElement;
import com.gargoylesoftware.htmlunit.html.HtmlForm;
import com.gargoylesoftware.htmlunit.html.HtmlInput;
import com.gargoylesoftware.htmlunit.html.HtmlPage;
import com.gargoylesoftware.htmlunit.html.HtmlSelect;
import com.gargoylesoftware.htmlunit.html.HtmlTextArea;
import hudson.model.Hudson;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;

/** What comes out of the form is what went into it. */
public class FormRoundTripTest extends MesosTestCase {
    /** Read from old files only, or (the last three) names of what must exist. */
    private static final Set<String> LEGACY =
            Set.of("principal", "secret", "externalContainerInfo", "slaveAttributes", "frameworkId",
                    "credentialsId", "registryCredentialsId", "nativeLibraryPath");

    public void testEveryFieldComesBackAsItWas() throws Exception {
        MesosCloud cloud = FullForm.cloud(NOBODY);
        hudson.clouds.add(cloud);
        String before = Hudson.XSTREAM.toXML(cloud);
        for (Class<?> each : List.of(MesosCloud.class, CloudLimits.class, MesosSlaveInfo.class, PlacementSettings.class,
                ContainerSettings.class, ContainerPort.class, ContainerVolume.class, ContainerParameter.class,
                ContainerNetwork.class, FetchedFile.class, EnvironmentVariable.class)) {
            assertWritten(before, each);
        }

        save(form());

        MesosCloud saved = theCloud();
        assertNotSame(cloud, saved);
        assertEquals(before, Hudson.XSTREAM.toXML(saved));
        save(form());
        assertEquals(before, Hudson.XSTREAM.toXML(theCloud()));
    }

    /** A field that the full cloud leaves out would not be tested here. */
    private static void assertWritten(String xml, Class<?> type) {
        for (Field field : type.getDeclaredFields()) {
            boolean stored = !Modifier.isStatic(field.getModifiers()) && !Modifier.isTransient(field.getModifiers());
            if (stored && !LEGACY.contains(field.getName())) {
                assertTrue(type.getSimpleName() + "." + field.getName(), xml.contains("<" + field.getName() + ">"));
            }
        }
    }

    public void testWhatIsTypedIsSaved() throws Exception {
        hudson.clouds.add(cloud(template("mesos", 1, 2)));
        HtmlForm form = form();
        type(form, "description", "typed");
        type(form, "onDemandRegistration", "false");
        type(form, "failoverTimeout", "100");
        type(form, "unreachableTimeout", "200");
        type(form, "frameworkLabels", "a=b");
        type(form, "connection", "tcp");
        type(form, "tunnel", ":4000");
        type(form, "pipelineAllowed", "true");
        type(form, "pipelineImages", "maven:.*\nnode:.*");
        type(form, "labelString", "typed label");
        type(form, "templateName", "typed name");
        type(form, "mode", "EXCLUSIVE");
        type(form, "singleUse", "true");
        type(form, "slaveCpus", "1.5");
        type(form, "diskNeeded", "70");
        type(form, "domain", "home");
        type(form, "agentCommandStyle", "Windows");
        type(form, "allowedFolders", "one\ntwo");
        save(form);

        MesosCloud saved = theCloud();
        MesosSlaveInfo template = saved.getSlaveInfos().get(0);
        assertEquals("typed", saved.getDescription());
        assertFalse(saved.isOnDemandRegistration());
        assertEquals("100", saved.getFailoverTimeout());
        assertEquals("200", saved.getUnreachableTimeout());
        assertEquals("a=b", saved.getFrameworkLabels());
        assertEquals("tcp", saved.getConnection());
        assertEquals(":4000", saved.getTunnel());
        assertTrue(saved.isPipelineAllowed());
        assertEquals("maven:.*\nnode:.*", saved.getPipelineImages().replace("\r", ""));
        assertEquals("typed label", template.getLabelString());
        assertEquals("typed name", template.getTemplateName());
        assertEquals("EXCLUSIVE", template.getMode().name());
        assertTrue(template.isSingleUse());
        assertEquals("1.5", template.getSlaveCpus());
        assertEquals("70", template.getDiskNeeded());
        assertEquals("home", template.getDomain());
        assertEquals("Windows", template.getAgentCommandStyle());
        assertEquals("one\ntwo", template.getAllowedFolders().replace("\r", ""));
    }

    public void testEmptyFieldsHaveTheirDefaults() throws Exception {
        MesosSlaveInfo full = FullForm.template();
        full.setInheritFrom("");
        MesosCloud cloud = FullForm.cloud(NOBODY);
        cloud.setSlaveInfos(List.of(full));
        hudson.clouds.add(cloud);
        HtmlForm form = form();
        for (String field : List.of("slaveCpus", "slaveMem", "minExecutors", "maxExecutors", "executorCpus", "executorMem",
                "diskNeeded", "remoteFSRoot", "idleTerminationMinutes", "failoverTimeout", "declineOfferDuration", "role",
                "unreachableTimeout", "frameworkLabels",
                "pipelineImages", "allowedFolders", "templateName", "slaveAttributesString")) {
            type(form, field, " ");
        }
        save(form);

        MesosCloud saved = theCloud();
        MesosSlaveInfo template = saved.getSlaveInfos().get(0);
        assertEquals(MesosSlaveInfo.DEFAULT_CPUS, template.getSlaveCpus());
        assertEquals(MesosSlaveInfo.DEFAULT_MEM, template.getSlaveMem());
        assertEquals(MesosSlaveInfo.DEFAULT_MIN_EXECUTORS, template.getMinExecutors());
        assertEquals(MesosSlaveInfo.DEFAULT_MAX_EXECUTORS, template.getMaxExecutors());
        assertEquals(MesosSlaveInfo.DEFAULT_EXECUTOR_CPUS, template.getExecutorCpus());
        assertEquals(MesosSlaveInfo.DEFAULT_EXECUTOR_MEM, template.getExecutorMem());
        assertEquals(MesosSlaveInfo.DEFAULT_DISK, template.getDiskNeeded());
        assertEquals(MesosSlaveInfo.DEFAULT_REMOTE_FS_ROOT, template.getRemoteFSRoot());
        assertEquals(MesosSlaveInfo.DEFAULT_IDLE_MINUTES, template.getIdleTerminationMinutes());
        assertEquals("", template.getAllowedFolders());
        assertEquals("", template.getTemplateName());
        assertNull(template.getSlaveAttributesString());
        assertEquals(MesosCloud.DEFAULT_FAILOVER_SECONDS, saved.getFailoverTimeout());
        assertEquals(MesosCloud.DEFAULT_DECLINE_SECONDS, saved.getDeclineOfferDuration());
        assertEquals(MesosCloud.DEFAULT_ROLE, saved.getRole());
        assertEquals("", saved.getPipelineImages());
    }

    public void testATemplateThatInheritsKeepsItsEmptyFields() throws Exception {
        MesosSlaveInfo child = new MesosSlaveInfo("child");
        child.setInheritFrom("base template");
        child.setSlaveCpus("2");
        child.setJvmArgs("");
        MesosCloud cloud = cloud(FullForm.base(), child);
        hudson.clouds.add(cloud);

        save(form());

        MesosSlaveInfo saved = theCloud().getSlaveInfos().get(1);
        assertEquals("2", saved.getSlaveCpus());
        assertEquals("", saved.getSlaveMem());
        assertEquals("", saved.getDiskNeeded());
        assertEquals("", saved.getJvmArgs());
        assertEquals("base template", saved.getInheritFrom());
    }

    public void testTemplatesThatChangeTheirPlacesKeepWhatTheyHave() throws Exception {
        MesosCloud cloud = FullForm.cloud(NOBODY);
        hudson.clouds.add(cloud);
        String first = Hudson.XSTREAM.toXML(cloud.getSlaveInfos().get(0));
        String second = Hudson.XSTREAM.toXML(cloud.getSlaveInfos().get(1));
        HtmlForm form = form();
        ((HtmlPage) form.getPage()).executeJavaScript("""
                var blocks = [], all = document.getElementsByTagName("div");
                for (var i = 0; i < all.length; i++) {
                    var block = all[i];
                    if (block.getAttribute("name") == "slaveInfos" && block.className.indexOf("to-be-removed") < 0) {
                        blocks.push(block);
                    }
                }
                blocks[0].parentNode.insertBefore(blocks[1], blocks[0]);
                """);

        save(form);

        assertEquals(second, Hudson.XSTREAM.toXML(theCloud().getSlaveInfos().get(0)));
        assertEquals(first, Hudson.XSTREAM.toXML(theCloud().getSlaveInfos().get(1)));
    }

    public void testAContainerCanBeRemoved() throws Exception {
        hudson.clouds.add(FullForm.cloud(NOBODY));
        HtmlForm form = form();
        type(form, "containerInfo", "false");

        save(form);

        assertNull(theCloud().getSlaveInfos().get(1).getContainerInfo());
        assertEquals(2, theCloud().getSlaveInfos().get(1).getEnvironment().size());
    }

    private MesosCloud theCloud() {
        return (MesosCloud) hudson.clouds.iterator().next();
    }

    private void save(HtmlForm form) throws Exception {
        try {
            submit(form);
        } catch (FailingHttpStatusCodeException e) {
            fail(e.getResponse().getContentAsString().replaceAll("(?s)<head>.*?</head>|<[^>]*>|\\s+", " "));
        }
    }

    private HtmlForm form() throws Exception {
        return createWebClient().goTo("configure").getFormByName("config");
    }

    /** In the order of the page; the prototypes of repeated blocks are no part of the form. */
    private static List<HtmlElement> fields(HtmlForm form, String name) throws Exception {
        return form.selectNodes(".//*[(@name='_." + name + "' or @name='" + name + "') and (self::input or self::select"
                        + " or self::textarea) and not(ancestor::*[contains(@class,'to-be-removed')])]")
                .stream()
                .map(HtmlElement.class::cast)
                .toList();
    }

    /** Gives each field of that name the value of its place, the last one to those that are left. */
    private static void type(HtmlForm form, String name, String... values) throws Exception {
        List<HtmlElement> fields = fields(form, name);
        assertFalse(name, fields.isEmpty());
        for (int i = 0; i < fields.size(); i++) {
            String value = values[Math.min(i, values.length - 1)];
            HtmlElement field = fields.get(i);
            if (field instanceof HtmlCheckBoxInput box) {
                if (box.isChecked() != Boolean.parseBoolean(value)) {
                    box.click();
                }
            } else if (field instanceof HtmlSelect select) {
                await(name + " offers " + value, () -> select.getOptions().stream()
                        .anyMatch(option -> option.getValueAttribute().equals(value)));
                select.setSelectedAttribute(value, true);
            } else if (field instanceof HtmlTextArea area) {
                area.setText(value);
            } else {
                ((HtmlInput) field).setValueAttribute(value);
            }
        }
    }
}
