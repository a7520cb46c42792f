package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Hudson;
import hudson.model.Queue;
import hudson.model.Result;
import hudson.model.TopLevelItem;
import hudson.tasks.BuildWrapper;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jvnet.hudson.test.FailureBuilder;

/** A single-use agent has one build, and ends with it whatever becomes of it. */
public class SingleUseTest extends AgentTestCase {

    public void testInAStormNoSingleUseAgentHasTwoBuilds() throws Exception {
        String[] labels = {"one", "two", "shared", "one||two", "one&&shared", "shared&&!many"};
        Map<FreeStyleProject, Future<FreeStyleBuild>> builds = new HashMap<>();
        List<FreeStyleProject> jobs = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            FreeStyleProject job = job("job" + i, labels[i % labels.length]);
            if (i % 7 == 0) {
                job.getBuildersList().add(new FailureBuilder());
            }
            jobs.add(job);
        }
        MesosSlave many = agent("many shared").executors(2).online();
        for (FreeStyleProject job : jobs) {
            builds.put(job, job.scheduleBuild2(0));
        }
        Set<String> single = new HashSet<>();
        await("all builds are done", () -> {
            try {
                // as many unused agents of each label as a cluster would give at a time
                for (String label : List.of("one shared", "two shared")) {
                    if (AgentNodes.all().stream().filter(node -> node.getLabelString().equals(label)).count() < 3) {
                        single.add(agent(label).singleUse().add().getNodeName());
                    }
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return builds.values().stream().allMatch(Future::isDone);
        });

        Map<String, List<String>> buildsOf = new HashMap<>();
        for (FreeStyleProject job : jobs) {
            FreeStyleBuild build = builds.get(job).get(1, TimeUnit.SECONDS);
            assertEquals(job.getBuildersList().isEmpty() ? Result.SUCCESS : Result.FAILURE, build.getResult());
            buildsOf.computeIfAbsent(build.getBuiltOnStr(), agent -> new ArrayList<>()).add(job.getName());
        }
        List<String> reused = new ArrayList<>();
        buildsOf.forEach((agent, had) -> {
            if (single.contains(agent) && had.size() > 1) {
                reused.add(agent + " had " + had);
            }
        });
        assertEquals(List.of(), reused);
        // every build of a label that only single-use agents have had an agent for itself
        assertTrue(buildsOf.toString(), buildsOf.size() >= 50);
        assertEquals(many.getBuilds(), buildsOf.getOrDefault(many.getNodeName(), List.of()).size());
        for (String agent : buildsOf.keySet()) {
            if (single.contains(agent)) {
                await(agent + " is gone", () -> hudson.getNode(agent) == null);
            }
        }
    }

    public void testASingleUseAgentHasOneExecutor() throws Exception {
        assertEquals(1, agent("one").executors(3).singleUse().node().getNumExecutors());
        assertEquals(3, agent("one").executors(3).node().getNumExecutors());
    }

    public void testThatABuildBeganIsOnDiskWhileItRuns() throws Exception {
        MesosSlave node = agent("one").singleUse().online();
        assertFalse(saved(node), saved(node).contains("<used>true</used>"));
        FreeStyleProject job = job("first", "one");
        Gate gate = new Gate();
        gate.on(job);
        Future<FreeStyleBuild> build = job.scheduleBuild2(0);
        gate.awaitBuild();

        assertTrue(node.isUsed());
        assertTrue(saved(node), saved(node).contains("<used>true</used>"));
        assertTrue(saved(node), saved(node).contains("<builds>1</builds>"));
        assertFalse(node.toComputer().isAcceptingTasks());

        gate.open();
        assertBuildStatusSuccess(build);
        awaitGone(node);
    }

    public void testANodeReadFromDiskAfterItsBuildBeganTakesNoOther() throws Exception {
        MesosSlave node = agent("one").singleUse().add();
        Queue.Task task = job("job", "one");
        assertNull(node.canTake(task));
        node.buildBegins(false, false);

        MesosSlave restored = read(node);
        hudson.removeNode(node);
        hudson.addNode(restored);

        assertTrue(restored.isRestored());
        assertTrue(restored.isUsed());
        assertFalse("a freestyle build does not come back", restored.isComingBack());
        String why = restored.canTake(task).getShortDescription();
        assertTrue(why, why.contains("takes no further build"));
        assertEquals(node.getCreatedAt(), restored.getCreatedAt());
        assertEquals("one", restored.getTemplateKey());
        MesosComputer computer = (MesosComputer) restored.toComputer();
        assertFalse(computer.isAcceptingTasks());
        assertFalse("nobody waits for it", computer.isAwaited(restored));
    }

    public void testANodeWhosePipelineMayComeBackIsKeptForAWhileButNotForOthers() throws Exception {
        MesosSlave node = agent("one").singleUse().node();
        node.buildBegins(false, true);
        MesosSlave restored = read(node);
        assertTrue(restored.isComingBack());
        hudson.addNode(restored);
        String why = restored.canTake(job("job", "one")).getShortDescription();
        assertTrue(why, why.contains("takes no further build"));
        MesosComputer computer = (MesosComputer) restored.toComputer();
        assertTrue(computer.isAcceptingTasks());
        assertTrue(computer.isAwaited(restored));
    }

    public void testAnAgentIsEndedAlsoAfterABuildThatFailedWasAbortedOrLostItsConnection() throws Exception {
        FreeStyleProject failing = job("failing", "fail");
        failing.getBuildersList().add(new FailureBuilder());
        MesosSlave first = agent("fail").singleUse().online();
        assertBuildStatus(Result.FAILURE, failing.scheduleBuild2(0).get(30, TimeUnit.SECONDS));
        awaitGone(first);

        FreeStyleProject aborted = job("aborted", "abort");
        Gate gate = new Gate();
        gate.on(aborted);
        MesosSlave second = agent("abort").singleUse().online();
        Future<FreeStyleBuild> build = aborted.scheduleBuild2(0);
        gate.awaitBuild();
        second.toComputer().getExecutors().get(0).interrupt();
        assertBuildStatus(Result.ABORTED, build.get(30, TimeUnit.SECONDS));
        awaitGone(second);

        FreeStyleProject dropped = job("dropped", "drop");
        Gate hold = new Gate();
        hold.on(dropped);
        MesosSlave third = agent("drop").singleUse().online();
        Future<FreeStyleBuild> last = dropped.scheduleBuild2(0);
        hold.awaitBuild();
        ((InProcessLauncher) third.getLauncher()).die();
        await("the host has noticed", () -> third.toComputer() == null || third.toComputer().isOffline());
        hold.open();
        last.get(30, TimeUnit.SECONDS);
        awaitGone(third);
    }

    public void testAnAgentThatIsNotSingleUseHasManyBuilds() throws Exception {
        MesosSlave node = agent("many").online();
        FreeStyleProject job = job("job", "many");
        for (int i = 1; i <= 3; i++) {
            assertEquals(node.getNodeName(), job.scheduleBuild2(0).get(30, TimeUnit.SECONDS).getBuiltOnStr());
            assertEquals(i, node.getBuilds());
        }
        assertSame(node, hudson.getNode(node.getNodeName()));
        assertTrue(node.toComputer().isAcceptingTasks());
    }

    public void testAJobWithTheOptionHasAnUnusedAgentForItself() throws Exception {
        MesosSlave usedBefore = agent("mix").executors(2).online();
        assertBuildStatusSuccess(job("before", "mix").scheduleBuild2(0));

        FreeStyleProject alone = job("alone", "mix");
        alone.getBuildWrappersList().add(new MesosSingleUseSlave());
        Gate gate = new Gate();
        gate.on(alone);
        Future<FreeStyleBuild> build = alone.scheduleBuild2(0);
        await("it waits for an unused agent", () -> Queue.getInstance().getBuildableItems().size() == 1);
        MesosSlave unused = agent("mix").executors(2).online();
        gate.awaitBuild();
        assertFalse(unused.toComputer().isAcceptingTasks());
        FreeStyleBuild other = job("other", "mix").scheduleBuild2(0).get(30, TimeUnit.SECONDS);
        assertEquals(usedBefore.getNodeName(), other.getBuiltOnStr());

        gate.open();
        FreeStyleBuild done = build.get(30, TimeUnit.SECONDS);
        assertEquals(unused.getNodeName(), done.getBuiltOnStr());
        assertTrue(log(done), log(done).contains(unused.getNodeName() + " takes no other build"));
        awaitGone(unused);
        assertSame(usedBefore, hudson.getNode(usedBefore.getNodeName()));
    }

    public void testOnAnotherAgentTheOptionDoesNothing() throws Exception {
        FreeStyleProject job = job("elsewhere", "other");
        job.getBuildWrappersList().add(new MesosSingleUseSlave());
        createOnlineSlave(hudson.getLabel("other"));
        FreeStyleBuild build = assertBuildStatusSuccess(job.scheduleBuild2(0));
        assertTrue(log(build), log(build).contains("not on a Mesos agent"));
    }

    public void testTheOptionIsReadFromAnOldJobFileAndKeptByTheFormACopyAndTheFile() throws Exception {
        InputStream file = getClass().getResourceAsStream("single-use-job-0.18.xml");
        FreeStyleProject job = (FreeStyleProject) hudson.createProjectFromXML("old", file);
        assertTrue(SingleUse.wantsFresh(job));

        configRoundtrip(job);
        assertTrue(SingleUse.wantsFresh(job));
        String saved = job.getConfigFile().asString();
        assertTrue(saved, saved.contains("<org.jenkinsci.plugins.mesos.MesosSingleUseSlave"));

        FreeStyleProject copy = (FreeStyleProject) hudson.copy((TopLevelItem) job, "copy");
        assertTrue(SingleUse.wantsFresh(copy));
        List<BuildWrapper> wrappers = copy.getBuildWrappersList().toList();
        assertEquals(MesosSingleUseSlave.class, wrappers.get(0).getClass());
        assertFalse(SingleUse.wantsFresh(createFreeStyleProject("without")));
    }

    private String saved(MesosSlave node) throws Exception {
        String all = new String(
                java.nio.file.Files.readAllBytes(new java.io.File(hudson.getRootDir(), "config.xml").toPath()),
                StandardCharsets.UTF_8);
        int at = all.indexOf("<name>" + node.getNodeName() + "<");
        assertTrue(all, at > 0);
        return all.substring(at, all.indexOf("</org.jenkinsci.plugins.mesos.MesosSlave>", at));
    }

    /** As the next start of the host reads it. */
    private static MesosSlave read(MesosSlave node) {
        return (MesosSlave) Hudson.XSTREAM.fromXML(Hudson.XSTREAM.toXML(node));
    }

    private static String log(FreeStyleBuild build) throws Exception {
        return String.join("\n", build.getLog(200));
    }
}
