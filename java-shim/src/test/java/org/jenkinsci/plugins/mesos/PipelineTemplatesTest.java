package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Label;
import hudson.model.Node;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Templates of Pipelines: what the cloud makes of them, and that they are kept as long as they are needed. */
public class PipelineTemplatesTest extends MesosTestCase {
    private static final PipelineAgent SINGLE =
            new PipelineAgent("x", null, null, 0.5, 300, 64, 1, true, null, "-Xmx99m", "{\"os\":\"linux\"}");
    private static final PipelineAgent SHARED =
            new PipelineAgent(null, "mesos", null, 0.5, null, null, 2, false, 7, null, null);

    private MesosCloud cloud;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        cloud = cloud(template("mesos", 1, 1));
    }

    private Path file() {
        return hudson.getRootDir().toPath().resolve("mesos").resolve("pipeline-templates.json");
    }

    private PipelineTemplate wanted(String label, String build, String step, PipelineAgent agent) {
        return new PipelineTemplate(cloud.getCloudID(), label, build, step, agent);
    }

    private List<String> labels() {
        return PipelineTemplates.of(cloud).stream().map(MesosSlaveInfo::getLabelString).toList();
    }

    public void testTheCloudServesTheLabelOfAPipelineForItsBuildsAlone() throws Exception {
        assertFalse(cloud.canProvision(Label.parseExpression("x-1")));
        PipelineTemplates.add(wanted("x-1", "job#1", "3", SINGLE));
        assertTrue(cloud.canProvision(Label.parseExpression("x-1")));
        MesosSlaveInfo made = cloud.templates().templateFor(Label.parseExpression("x-1"));
        assertEquals(Node.Mode.EXCLUSIVE, made.getMode());
        assertEquals("x-1", made.key());
        assertEquals("0.5", made.getSlaveCpus());
        assertEquals("0", made.getExecutorCpus());
        assertEquals("300", made.getSlaveMem());
        assertEquals("64", made.getDiskNeeded());
        assertTrue(made.isSingleUse());
        assertEquals(2, cloud.templates().all().size());
        assertEquals("not in the settings", 1, cloud.getSlaveInfos().size());
        assertFalse("another cloud", cloud(template("y", 1, 1)).canProvision(Label.parseExpression("x-1")));
    }

    public void testTheFrameworkGetsThem() throws Exception {
        MesosFramework framework = opened(cloud);
        PipelineTemplates.add(wanted("x-1", "job#1", "3", SINGLE));
        MesosFrameworks.reconcileSoon();
        ServedTemplate.Choice made = cloud.templates().choiceFor(Label.parseExpression("x-1"));
        await("the framework knows the template", () -> {
            try {
                return framework.request(made, 1).size() == 1;
            } catch (NativeException e) {
                return false;
            }
        });
    }

    public void testTheFileHoldsAllAndIsReadAgain() throws Exception {
        PipelineTemplate single = PipelineTemplates.add(wanted("x-1", "folder/job#1", "3", SINGLE));
        PipelineTemplate shared = PipelineTemplates.add(wanted("y-2", "folder/job#1", "9", SHARED));
        assertEquals(List.of(single, shared), PipelineTemplates.read(file()));
        assertEquals(1L, NativeJson.read(Files.readAllBytes(file())).get("v"));
    }

    public void testAFileOfAnotherVersionAndADamagedOneHoldNothing() throws Exception {
        Files.createDirectories(file().getParent());
        Files.write(file(), "{\"v\":2,\"templates\":[{\"label\":\"x\"}]}".getBytes(StandardCharsets.UTF_8));
        assertEquals(List.of(), PipelineTemplates.read(file()));
        Files.write(file(), "{\"v\":1,\"templ".getBytes(StandardCharsets.UTF_8));
        assertEquals(List.of(), PipelineTemplates.read(file()));
    }

    public void testStepsOfOneBuildShareWhatIsNotForSingleUse() throws Exception {
        PipelineTemplates.add(wanted("a", "job#1", "3", SHARED));
        assertEquals("a", PipelineTemplates.add(wanted("b", "job#1", "9", SHARED)).label());
        assertEquals("c", PipelineTemplates.add(wanted("c", "job#2", "3", SHARED)).label());
        assertEquals("d", PipelineTemplates.add(wanted("d", "job#1", "12", SINGLE)).label());
        assertEquals("e", PipelineTemplates.add(wanted("e", "job#1", "15", SINGLE)).label());
        assertEquals(List.of("a", "c", "d", "e"), labels());
    }

    public void testTheyGoWithTheStepOrWithTheBuild() throws Exception {
        PipelineTemplates.add(wanted("a", "job#1", "3", SHARED));
        PipelineTemplates.add(wanted("b", "job#1", "4", SINGLE));
        PipelineTemplates.add(wanted("c", "job#2", "4", SINGLE));
        PipelineTemplates.removeOfStep("job#1", "4");
        assertEquals(List.of("a", "c"), labels());
        PipelineTemplates.removeOfStep("job#1", "3");
        assertEquals("a later step may share it", List.of("a", "c"), labels());
        PipelineTemplates.removeOfBuild("job#1");
        assertEquals(List.of("c"), labels());
        assertEquals(1, PipelineTemplates.read(file()).size());
    }

    public void testTheSweepFindsWhatBelongsToNoRunningBuild() throws Exception {
        FreeStyleProject job = createFreeStyleProject("job");
        hudson.setNumExecutors(1);
        hudson.setNodes(hudson.getNodes());
        FreeStyleBuild ended = job.scheduleBuild2(0).get();
        PipelineTemplates.add(wanted("a", ended.getExternalizableId(), "3", SINGLE));
        PipelineTemplates.add(wanted("b", "gone#7", "3", SINGLE));
        PipelineTemplates.removeOfEndedBuilds();
        assertEquals(List.of(), labels());
    }

    public void testTheEndOfABuildRemovesThem() throws Exception {
        FreeStyleProject job = createFreeStyleProject("job");
        hudson.setNumExecutors(1);
        hudson.setNodes(hudson.getNodes());
        PipelineTemplates.add(wanted("a", "job#1", "3", SHARED));
        job.scheduleBuild2(0).get();
        await("the end is told", () -> labels().isEmpty());
    }

    public void testWithoutItsParentATemplateMakesNoAgentsAndHarmsNobody() throws Exception {
        PipelineTemplates.add(wanted("a", "job#1", "3", SHARED));
        assertEquals(List.of("a"), labels());
        cloud.setSlaveInfos(List.of(template("other", 1, 1)));
        assertEquals(List.of(), labels());
        assertTrue(cloud.canProvision(Label.parseExpression("other")));
    }
}
