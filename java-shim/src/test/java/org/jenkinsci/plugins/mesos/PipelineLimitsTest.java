package org.jenkinsci.plugins.mesos;

import hudson.AbortException;

/** What Pipelines may ask for; the refusals name the field of the step, the limit and the cure. */
public class PipelineLimitsTest extends MesosTestCase {
    private MesosCloud cloud;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        MesosSlaveInfo big = template("big", 1, 4);
        big.setSlaveCpus("3");
        big.setSlaveMem("2000");
        big.setExecutorCpus("1");
        MesosSlaveInfo team = template("linux docker", 1, 1);
        team.setTemplateName("team");
        team.setAllowedFolders("team");
        MesosSlaveInfo child = template("child", 1, 1);
        child.setInheritFrom("team");
        cloud = cloud(template("mesos", 1, 1), big, team, child);
        cloud.setPipelineAllowed(true);
        cloud.setPipelineMaxCpus("2");
        cloud.setPipelineMaxMem("1024");
    }

    private static PipelineAgent agent(String inheritFrom, String image, Double cpus, Integer mem) {
        return new PipelineAgent(null, inheritFrom, image, cpus, mem, null, null, null, null, null, null);
    }

    private static PipelineAgent shared(String inheritFrom, int executors) {
        return new PipelineAgent(null, inheritFrom, null, null, null, null, executors, false, null, null, null);
    }

    private void allowed(PipelineAgent agent) throws AbortException {
        new PipelineLimits(cloud, agent).check("job");
    }

    private void refused(PipelineAgent agent, String... words) {
        try {
            new PipelineLimits(cloud, agent).check("job");
        } catch (AbortException e) {
            for (String word : words) {
                assertTrue(e.getMessage(), e.getMessage().contains(word));
            }
            return;
        }
        fail("allowed: " + agent);
    }

    public void testWhatIsWithinTheLimitsIsAllowed() throws Exception {
        allowed(agent(null, null, 2.0, 1024));
        allowed(agent("mesos", null, 0.001, null));
        cloud.setPipelineMaxCpus("");
        cloud.setPipelineMaxMem("");
        allowed(agent(null, null, 64.0, 100_000));
    }

    public void testACloudThatDoesNotAllowItRefusesAll() {
        cloud.setPipelineAllowed(false);
        refused(agent(null, null, 0.1, 100), "MesosCloud", "does not let Pipelines define agents", "administrator");
    }

    public void testSizes() {
        refused(agent(null, null, 2.5, 100), "cpus: 2.5 CPUs", "at most 2", "raise the limit");
        refused(agent(null, null, 1.0, 1025), "mem: 1025 MB", "at most 1024");
        refused(agent(null, null, 0.0, 100), "cpus: ", "0.001 or more");
        cloud.setPipelineMaxMem("lots");
        refused(agent(null, null, 1.0, 100), "mem: ", "no number", "lots");
    }

    public void testWhatTheAdministratorMadeBigMayBeInheritedAsItIsButNotChanged() throws Exception {
        allowed(agent("big", null, null, null));
        refused(agent("big", null, null, 512), "cpus: the agent would take 4 CPUs", "at most 2", "say cpus with less");
        refused(shared("mesos", 40), "cpus: the agent would take", "at most 2");
    }

    public void testTheTemplateThatIsInheritedFromMustBeThereAndForTheJob() throws Exception {
        refused(agent("nix", null, null, null), "inheritFrom: ", "no template 'nix'", "mesos, big, team, child");
        refused(agent("team", null, null, null), "inheritFrom: the template 'team'", "not for the job job");
        refused(agent("child", null, null, null), "inheritFrom: the template 'team'", "not for the job job");
        new PipelineLimits(cloud, agent("child", null, null, null)).check("team/job");
    }

    public void testImages() throws Exception {
        refused(agent(null, "alpine:3", 1.0, 100), "image: ", "name no image", "Images that Pipelines may use");
        cloud.setPipelineImages("registry\\.example\\.org/ci/.*\nalpine:[0-9.]+");
        allowed(agent(null, "alpine:3.20", 1.0, 100));
        allowed(agent(null, "registry.example.org/ci/java:21", 1.0, 100));
        refused(agent(null, "alpine:3.20@evil", 1.0, 100), "image: ", "alpine:[0-9.]+", "administrator");
        refused(agent(null, "registryxexample.org/ci/java:21", 1.0, 100), "image: ");
        cloud.setPipelineImages("(alpine");
        refused(agent(null, "alpine", 1.0, 100), "image: ", "no regular expression", "(alpine");
    }

    public void testTheImageTakesThePlaceOfTheInheritedOneAndTheRestOfTheContainerStays() {
        MesosSlaveInfo.ContainerInfo container = new MesosSlaveInfo.ContainerInfo("old:1");
        container.setType("MESOS");
        container.setNetworking("HOST");
        container.setDockerForcePullImage(true);
        cloud.getSlaveInfos().get(0).setContainerInfo(container);
        MesosSlaveInfo.ContainerInfo made =
                agent("mesos", "new:2", null, null).toTemplate(cloud, "own").getContainerInfo();
        assertEquals("new:2", made.getDockerImage());
        assertEquals("MESOS", made.getType());
        assertEquals("HOST", made.getNetworking());
        assertTrue(made.isDockerForcePullImage());
    }

    public void testSingleUseMeansOneExecutor() throws Exception {
        PipelineAgent two = new PipelineAgent(null, null, null, 1.0, 100, null, 2, null, null, null, null);
        refused(two, "executors: ", "singleUse: false");
        allowed(shared("mesos", 2));
    }

    public void testTheNameIsOneWord() throws Exception {
        for (String word : new String[] {"a b", "a&&b", "", "-a", "x".repeat(33), "\u4e91"}) {
            refused(
                    new PipelineAgent(word, null, null, 1.0, 100, null, null, null, null, null, null),
                    "label: ",
                    "32 letters");
        }
        allowed(new PipelineAgent("java_21.x-y", null, null, 1.0, 100, null, null, null, null, null, null));
    }
}
