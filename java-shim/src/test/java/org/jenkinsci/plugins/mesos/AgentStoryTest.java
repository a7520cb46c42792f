package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Result;
import hudson.model.TaskListener;
import hudson.util.StreamTaskListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** What a build's log and an agent's page tell of the agent; Mesos's events are given by the test. */
public class AgentStoryTest extends AgentTestCase {
    private static final String HOST = "node7.example";

    private MesosFramework framework;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        framework = MesosFrameworks.all().get(0);
    }

    /** Asked for by way of the framework, accepted by events, connected by a fake. */
    private MesosSlave accepted() throws Exception {
        Plan.Agent plan = agent("told").plan();
        MesosAgent agent = framework.request(List.of(plan), template("told", 1, 1), requested -> {})
                .get(0);
        // the framework, which finds no master, has reasons of its own, and only the latest one is kept: none may come
        // between
        synchronized (agent) {
            framework.handle(new Event.Waiting(1, agent.name, "no offer has come yet", true));
            framework.handle(new Event.Accepted(2, agent.name, HOST, 0.1, 64, 1));
        }
        framework.handle(new Event.State(3, agent.name, "TASK_RUNNING", "", "", HOST));
        await("the node is there", () -> hudson.getComputer(agent.name) != null);
        MesosSlave node = (MesosSlave) hudson.getNode(agent.name);
        InProcessLauncher launcher = new InProcessLauncher();
        node.setLauncher(launcher);
        launcher.launch((MesosComputer) node.toComputer(), (TaskListener) new StreamTaskListener(System.out));
        await("it is online", () -> node.toComputer().isOnline());
        return node;
    }

    public void testTheLogTellsHowTheAgentCameAndALaterBuildsOnlyWhichItIs() throws Exception {
        MesosSlave node = accepted();
        FreeStyleProject job = job("job", "told");
        String first = log(assertBuildStatusSuccess(job.scheduleBuild2(0)));
        assertContains(first, "Mesos slave(hostname): " + HOST);
        assertContains(first, "Requested from Mesos cloud MesosCloud");
        assertContains(first, "Waiting: no offer has come yet");
        assertContains(first, "Accepted on " + HOST);
        assertContains(first, "TASK_RUNNING");
        assertContains(first, "Online after");

        String second = log(assertBuildStatusSuccess(job.scheduleBuild2(0)));
        assertContains(second, "Mesos slave(hostname): " + HOST);
        assertContains(second, "build 2 on agent " + node.getNodeName());
        assertFalse(second, second.contains("Requested from"));
    }

    public void testTheLogAndTheComputerTellWhichEventEndedALostAgent() throws Exception {
        MesosSlave node = accepted();
        MesosComputer computer = (MesosComputer) node.toComputer();
        FreeStyleProject job = job("lost", "told");
        Gate gate = new Gate();
        gate.on(job);
        Future<FreeStyleBuild> build = job.scheduleBuild2(0);
        gate.awaitBuild();
        // the old host closes the log when it finds the connection gone, so the build is held until it is told
        framework.handle(new Event.Ended(
                4, node.getNodeName(), "TASK_FAILED", "REASON_CONTAINER_LIMITATION_MEMORY", "Memory limit exceeded", false,
                false));
        String told = "was lost: TASK_FAILED, REASON_CONTAINER_LIMITATION_MEMORY, Memory limit exceeded";
        awaitLog(job.getLastBuild(), told);
        gate.open();
        build.get(30, TimeUnit.SECONDS);
        awaitGone(node);
        assertContains(computer.getOfflineCause().toString(), "REASON_CONTAINER_LIMITATION_MEMORY");
        assertTrue(AgentStory.of(computer).isOver());
    }

    public void testABuildWhoseAgentIsDeletedLearnsThat() throws Exception {
        MesosSlave node = accepted();
        FreeStyleProject job = job("deleted", "told");
        Gate gate = new Gate();
        gate.on(job);
        Future<FreeStyleBuild> build = job.scheduleBuild2(0);
        gate.awaitBuild();
        hudson.removeNode(node);
        awaitLog(job.getLastBuild(), "was lost: the node was deleted in Jenkins");
        gate.open();
        build.get(30, TimeUnit.SECONDS);
    }

    public void testOnAnAgentThatIsThereToTheEndNothingIsSaidOfALoss() throws Exception {
        accepted();
        String log = log(assertBuildStatus(Result.SUCCESS, job("fine", "told").scheduleBuild2(0).get()));
        assertFalse(log, log.contains("was lost"));
    }

    public void testALongStoryIsShortened() throws Exception {
        List<String> all = new ArrayList<>();
        for (int i = 1; i <= 200; i++) {
            all.add("line " + i);
        }
        List<String> some = AgentStory.shortened(all);
        assertEquals(AgentStory.LINES, some.size());
        assertEquals("line 1", some.get(0));
        assertEquals("(181 more, in the agent's log)", some.get(9));
        assertEquals("line 200", some.get(19));
        assertEquals(all.subList(0, 20), AgentStory.shortened(all.subList(0, 20)));
    }

    public void testThePageOfAnAgentShowsItsMesosSide() throws Exception {
        MesosSlave node = accepted();
        String page = ask("GET", "computer/" + node.getNodeName() + "/").body();
        assertContains(page, "<td>Memory in MB</td><td>64</td>");
        assertContains(page, HOST);
        assertContains(page, "Accepted on " + HOST);
        inTheReadersLanguage(() -> {
            String path = "computer/" + node.getNodeName() + "/";
            assertContains(
                    ask("GET", path, "Accept-Language", "zh-CN,zh;q=0.8").body(), "<td>模板</td><td>told</td>");
        });
    }

    public void testTheAddressOfASandbox() {
        assertEquals(
                "http://m:5050/#/agents/a-S1/frameworks/f-1/executors/t-1/browse",
                AgentPage.sandboxUrl("m:5050", "a-S1", "f-1", "t-1"));
        assertEquals(
                "https://m:5050/#/agents/a-S1/frameworks/f-1/executors/t-1/browse",
                AgentPage.sandboxUrl("https://m:5050", "a-S1", "f-1", "t-1"));
    }

    private static String log(FreeStyleBuild build) throws Exception {
        await("the log is written", () -> !build.isLogUpdated());
        return String.join("\n", build.getLog(200));
    }
}
