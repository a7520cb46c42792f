package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleProject;
import hudson.model.Hudson;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.Queue;
import hudson.slaves.Cloud;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One agent for each waiting build, and none without: with the real native library and a master nobody can reach. */
public class DemandTest extends MesosTestCase {
    private int jobs;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        Demand.set(true);
    }

    @Override
    protected void tearDown() throws Exception {
        Demand.set(false);
        Queue.getInstance().clear();
        super.tearDown();
    }

    private FreeStyleProject queued(String label) throws Exception {
        return queued(label, "job" + ++jobs);
    }

    private FreeStyleProject queued(String label, String name) throws Exception {
        FreeStyleProject job = createFreeStyleProject(name);
        job.setAssignedLabel(label == null ? null : hudson.getLabel(label));
        job.scheduleBuild2(0);
        return job;
    }

    /** Waits until the look that sees all that was done so far has ended. */
    private static void settle() throws InterruptedException {
        for (int turn = 0; turn < 2; turn++) {
            DemandReport before = Demand.report();
            Demand.signal();
            await("another look", () -> Demand.report() != before);
        }
    }

    public void testACloudThatWasSavedUnchangedServesOn() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        MesosCloud saved = (MesosCloud) Hudson.XSTREAM.fromXML(Hudson.XSTREAM.toXML(cloud));
        hudson.clouds.replaceBy(List.of(saved));
        hudson.save();
        await("its settings are in use", () -> framework.cloud() == saved);

        queued("mesos");

        await("an agent is requested", () -> waiting(framework) == 1);
        assertSame(framework, MesosFrameworks.find(cloud.getCloudID()));
    }

    private static int waiting(MesosFramework framework) {
        return framework.status().waiting().size();
    }

    private static List<Integer> executors(MesosFramework framework) {
        return framework.agents().stream()
                .filter(agent -> !agent.isReleased())
                .map(agent -> agent.executors)
                .toList();
    }

    public void testEachWaitingBuildGetsOneExecutorAndNoMore() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        for (int i = 0; i < 3; i++) {
            queued("mesos");
        }
        await("three are asked for", () -> waiting(framework) == 3);
        settle();
        assertEquals(List.of(1, 1, 1), executors(framework));
        queued("mesos");
        await("one more is asked for", () -> waiting(framework) == 4);
        assertEquals("Mesos has accepted none", List.of(), AgentNodes.all());
    }

    public void testExecutorsFollowTheNumberOfBuilds() throws Exception {
        Demand.set(false);
        MesosFramework framework = opened(cloud(template("mesos", 1, 4)));
        for (int i = 0; i < 7; i++) {
            queued("mesos");
        }
        await("all wait", () -> Queue.getInstance().getBuildableItems().size() == 7);
        Demand.set(true);
        await("agents are asked for", () -> waiting(framework) == 2);
        assertEquals(List.of(4, 3), executors(framework));
    }

    public void testABuildThatLeavesTheQueueTakesItsRequestWithIt() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        queued("mesos");
        FreeStyleProject second = queued("mesos");
        await("two are asked for", () -> waiting(framework) == 2);
        String oldest = framework.agents().get(0).name;
        assertTrue(Queue.getInstance().cancel(second));
        await("one is withdrawn", () -> waiting(framework) == 1 && framework.agents().size() == 1);
        assertEquals("the newest went", oldest, framework.agents().get(0).name);
        assertEquals(List.of(), framework.history().notes());
    }

    public void testWhatMesosHasAcceptedIsNotTakenBack() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        FreeStyleProject job = queued("mesos");
        await("one is asked for", () -> waiting(framework) == 1);
        String agent = framework.agents().get(0).name;
        framework.handle(new Event.Accepted(1, agent, "host1", 0.2, 640, 1));
        await("its node is there", () -> hudson.getNode(agent) != null);
        Queue.getInstance().cancel(job);
        settle();
        assertFalse(framework.agent(agent).isReleased());
        queued("mesos");
        await("it waits", () -> Queue.getInstance().getBuildableItems().size() == 1);
        settle();
        assertEquals("it is for the next build", List.of(1), executors(framework));
    }

    public void testCapsHoldBuildsBackAndSaySo() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        cloud.setMaxAgents("2");
        MesosFramework framework = opened(cloud);
        for (int i = 0; i < 5; i++) {
            queued("mesos");
        }
        await("two are asked for", () -> waiting(framework) == 2);
        await("all five wait", () -> Demand.report().waits().stream().mapToInt(DemandReport.Wait::builds).sum() == 5);
        DemandReport.Wait wait = Demand.report().of("job1").get(0);
        assertEquals(3, wait.held());
        assertTrue(wait.why(), wait.why().startsWith("maxAgents of the cloud is 2"));
        assertTrue(Demand.isHeld(hudson.getLabel("mesos")));
        assertEquals(2, waiting(framework));
    }

    public void testWhatOneCloudHoldsBackTheNextOneTakes() throws Exception {
        MesosCloud first = cloud(template("mesos", 1, 1));
        first.setMaxAgents("1");
        MesosCloud second = cloud(template("other", 1, 1), template("linux mesos", 1, 1));
        MesosFramework one = opened(first);
        MesosFramework two = opened(second);
        for (int i = 0; i < 4; i++) {
            queued("mesos");
        }
        await("four are asked for", () -> waiting(one) + waiting(two) == 4);
        settle();
        assertEquals(1, waiting(one));
        assertEquals(3, waiting(two));
    }

    public void testATemplateThatIsFullLeavesTheRestToTheNext() throws Exception {
        MesosSlaveInfo small = template("linux small", 1, 1);
        small.setMaxAgents("1");
        MesosFramework framework = opened(cloud(small, template("linux big", 1, 1)));
        for (int i = 0; i < 3; i++) {
            queued("linux");
        }
        await("three are asked for", () -> waiting(framework) == 3);
        settle();
        assertEquals(
                List.of("linux big", "linux big", "linux small"),
                framework.agents().stream().map(agent -> agent.template).sorted().toList());
    }

    public void testAQuietHostAsksForNothingUntilItIsNoLongerQuiet() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        hudson.doQuietDown();
        queued("mesos");
        settle();
        assertEquals(0, framework.agents().size());
        hudson.doCancelQuietDown();
        await("it is asked for", () -> waiting(framework) == 1);
    }

    public void testLabelExpressionsChooseTheFirstTemplateThatSatisfiesThem() throws Exception {
        MesosFramework framework = opened(cloud(template("linux small", 1, 1), template("linux big", 1, 1)));
        queued("linux&&!small");
        await("the big one is asked for", () -> waiting(framework) == 1);
        assertEquals("linux big", framework.agents().get(0).template);
        queued("windows||small");
        await("the small one is asked for", () -> waiting(framework) == 2);
        assertEquals("linux small", framework.agents().get(1).template);
        queued("linux&&arm");
        settle();
        assertEquals(2, waiting(framework));
    }

    public void testBuildsWithoutLabelGetTheDefaultTemplate() throws Exception {
        MesosSlaveInfo exclusive = template("reserved", 1, 1);
        exclusive.setMode(Node.Mode.EXCLUSIVE);
        exclusive.setDefaultSlave(true);
        MesosSlaveInfo chosen = template("linux", 1, 1);
        chosen.setDefaultSlave(true);
        MesosCloud cloud = cloud(template("big", 1, 1), exclusive, chosen);
        MesosFramework framework = opened(cloud);
        queued(null);
        await("one is asked for", () -> waiting(framework) == 1);
        assertEquals("one that takes only its own builds cannot", "linux", framework.agents().get(0).template);
        assertTrue(cloud.canProvision(null));
    }

    public void testAnImageInTheLabelGivesAnAgentOfItsOwn() throws Exception {
        MesosSlaveInfo docker = template("docker linux", 1, 1);
        MesosSlaveInfo.ContainerInfo container = new MesosSlaveInfo.ContainerInfo("agent:17");
        container.setDockerImageCustomizable(true);
        docker.setContainerInfo(container);
        MesosFramework framework = opened(cloud(docker));
        queued("docker:ubuntu:22.04");
        queued("docker");
        await("two are asked for", () -> waiting(framework) == 2);
        settle();
        MesosAgent own = framework.agents().stream().filter(agent -> agent.image != null).findFirst().orElseThrow();
        assertEquals("ubuntu:22.04", own.image);
        assertEquals("docker linux", own.template);
        framework.handle(new Event.Accepted(1, own.name, "host1", 0.2, 640, 1));
        await("its node is there", () -> hudson.getNode(own.name) != null);
        assertEquals("docker:ubuntu:22.04 linux:ubuntu:22.04",
                String.join(" ", new java.util.TreeSet<>(List.of(hudson.getNode(own.name).getLabelString().split(" ")))));
    }

    public void testAJobThatNoTemplateMayServeIsToldWhy() throws Exception {
        MesosSlaveInfo restricted = template("mesos", 1, 1);
        restricted.setAllowedJobs("release-.*");
        restricted.setAllowedFolders("team-a");
        MesosFramework framework = opened(cloud(restricted));
        queued("mesos", "nightly");
        queued("mesos", "release-1");
        await("one is asked for", () -> waiting(framework) == 1);
        await("the other is told", () -> !Demand.report().of("nightly").isEmpty());
        String why = Demand.report().of("nightly").get(0).why();
        assertTrue(why, why.contains("restricted to other folders or jobs") && why.contains("nightly"));
        settle();
        assertEquals(1, waiting(framework));
    }

    public void testAFreeExecutorIsNotReplacedByAnAgent() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        Node agent = createOnlineSlave(hudson.getLabel("mesos"));
        Gate gate = new Gate();
        assertTrue(agent.toComputer().isOnline());
        FreeStyleProject job = createFreeStyleProject();
        job.setAssignedLabel(hudson.getLabel("mesos"));
        gate.on(job);
        job.scheduleBuild2(0);
        gate.awaitBuild();
        settle();
        assertEquals(0, framework.agents().size());
        queued("mesos");
        await("the next one gets an agent", () -> waiting(framework) == 1);
        gate.open();
        await("nobody needs it any more", () -> framework.agents().isEmpty());
    }

    public void testTheHostsOwnProvisioningAsksForNothingBesideAndWaitsForNoLock() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        AtomicInteger planned = new AtomicInteger(-1);
        Thread asking = new Thread(() -> {
            Collection<PlannedNode> nodes = cloud.provision(Label.get("mesos"), 5);
            planned.set(nodes.size());
        });
        synchronized (Queue.getInstance()) {
            asking.start();
            asking.join(TimeUnit.SECONDS.toMillis(30));
        }
        assertEquals(0, planned.get());
        settle();
        assertEquals("no build waits", 0, framework.agents().size());
        assertTrue(cloud.canProvision(Label.get("mesos")));
    }

    public void testWhereACloudOfAnotherPluginComesFirstTheHostDecides() throws Exception {
        hudson.clouds.add(new OtherCloud());
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        queued("mesos");
        await("it waits", () -> Queue.getInstance().getBuildableItems().size() == 1);
        settle();
        Queue.getInstance().clear();
        for (MesosAgent agent : framework.agents()) {
            assertFalse("not by a look at the queue", agent.isWithoutDelay());
        }
        int before = framework.agents().size();
        assertEquals(2, cloud.provision(Label.get("mesos"), 2).size());
        settle();
        assertEquals("and is not withdrawn", before + 2, framework.agents().size());
    }

    /** It could provide anything, and has nothing. */
    public static final class OtherCloud extends Cloud {
        OtherCloud() {
            super("other");
        }

        @Override
        public Collection<PlannedNode> provision(Label label, int excess) {
            return List.of();
        }

        @Override
        public boolean canProvision(Label label) {
            return true;
        }
    }

    public void testFailedAgentsAreAskedForAgainAfterAPause() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        queued("mesos");
        await("it is asked for", () -> waiting(framework) == 1);
        String failed = framework.agents().get(0).name;
        framework.handle(new Event.Ended(1, failed, "TASK_FAILED", null, "no such image", false, false));
        await("the pause is told", () -> Demand.report().waits().stream()
                .anyMatch(wait -> wait.why() != null && wait.why().contains("failed before they were online")));
        String note = framework.history().notes().get(0).text();
        assertTrue(note, note.contains("no such image") && note.contains("can be requested in 5 s"));
        await("another one is asked for", () -> framework.agents().stream().anyMatch(agent -> !agent.name.equals(failed)));
    }

    public void testALaunchThatIsLostWithoutItsFaultIsAskedForAgainAtOnce() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        queued("mesos");
        await("it is asked for", () -> waiting(framework) == 1);
        String lost = framework.agents().get(0).name;
        framework.handle(new Event.Ended(1, lost, "TASK_DROPPED", "REASON_INVALID_OFFERS", "gone", false, true));
        assertEquals(0, framework.pauseOf("mesos"));
        await("another one is asked for", () -> framework.agents().stream().anyMatch(agent -> !agent.name.equals(lost)));
    }

    public void testAStormOfBuildsAndOfLeavingThem() throws Exception {
        MesosFramework framework = opened(cloud(template("mesos", 1, 1)));
        FreeStyleProject[] storm = new FreeStyleProject[60];
        for (int i = 0; i < storm.length; i++) {
            storm[i] = queued("mesos");
        }
        await("all are asked for", () -> waiting(framework) == storm.length);
        for (int i = 0; i < storm.length; i += 2) {
            Queue.getInstance().cancel(storm[i]);
        }
        await("half of them go", () -> waiting(framework) == storm.length / 2);
        settle();
        assertEquals(storm.length / 2, framework.agents().size());
        assertEquals(List.of(), AgentNodes.all());
    }
}
