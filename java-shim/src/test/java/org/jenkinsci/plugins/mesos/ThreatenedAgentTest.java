package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.TaskListener;
import hudson.util.StreamTaskListener;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Agents whose host Mesos does not reach, or that is to be under maintenance, or whose task is over; Mesos's events are
 * given by the test.
 */
public class ThreatenedAgentTest extends AgentTestCase {
    private static final String HOST = "node7.example";

    private MesosFramework framework;
    private MesosSlave node;
    private MesosComputer computer;
    private InProcessLauncher launcher;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        framework = MesosFrameworks.all().get(0);
        MesosAgent agent = framework.request(List.of(agent("told").plan()), template("told", 1, 1), requested -> {})
                .get(0);
        framework.handle(new Event.Accepted(2, agent.name, HOST, 0.1, 64, 1));
        tell(agent.name, "TASK_RUNNING");
        await("the node is there", () -> hudson.getComputer(agent.name) != null);
        node = (MesosSlave) hudson.getNode(agent.name);
        computer = (MesosComputer) node.toComputer();
        connect();
    }

    private void connect() throws Exception {
        launcher = new InProcessLauncher();
        node.setLauncher(launcher);
        launcher.launch(computer, (TaskListener) new StreamTaskListener(System.out));
        await("it is online", () -> computer.isOnline());
    }

    private void tell(String name, String state) {
        framework.handle(new Event.State(3, name, state, "", "", HOST));
    }

    public void testAnAgentThatMesosDoesNotReachGetsNoBuildUntilItIsBack() throws Exception {
        assertNull(computer.unreachable());
        tell(node.getNodeName(), "TASK_UNREACHABLE");
        assertContains(computer.unreachable().toString(), HOST + ": the agent is kept for 600 s");
        assertEquals(0, computer.mostBuilds(node, System.currentTimeMillis()));
        FreeStyleProject job = job("job", "told");
        assertContains(node.canTake(job).getShortDescription(), "gets no builds meanwhile");
        tell(node.getNodeName(), "TASK_RUNNING");
        assertNull(computer.unreachable());
        assertNull(node.canTake(job));
        assertBuildStatusSuccess(job.scheduleBuild2(0));
    }

    public void testWithoutItsConnectionItIsOfflineForThatReasonAndLeftAlone() throws Exception {
        tell(node.getNodeName(), "TASK_UNREACHABLE");
        computer.disconnect(null);
        await("it is offline", () -> computer.getChannel() == null);
        assertContains(computer.getOfflineCause().toString(), "Mesos does not reach " + HOST);
        new IdleWatch().doRun();
        assertFalse(framework.agent(node.getNodeName()).isReleased());
        tell(node.getNodeName(), "TASK_RUNNING");
        assertTrue("its time to connect begins anew", framework.agent(node.getNodeName()).millisExpected() < 60_000);
        connect();
        // the native side has given it up
        tell(node.getNodeName(), "TASK_UNREACHABLE");
        framework.handle(new Event.Ended(
                4, node.getNodeName(), "UNREACHABLE_TIMEOUT", null, "not reached for more than 600 s", false, false));
        await("the node goes", () -> hudson.getNode(node.getNodeName()) == null);
    }

    public void testOneWhoseTaskIsOverTakesNoBuildAndGoesWithItsConnection() throws Exception {
        await("it has a connection that may end", () -> !computer.disconnected().isDone());
        Future<Void> end = computer.disconnected();
        // the native side, which has launched nothing, is not told: it would have an end of its own
        framework.agent(node.getNodeName()).release("nobody needs it");
        framework.handle(new Event.Ended(4, node.getNodeName(), "TASK_KILLED", null, "as was asked for", true, false));
        await("it refuses builds", () -> computer.refusal() != null);
        assertContains(computer.refusal(), "as was asked for");
        launcher.die();
        end.get(30, TimeUnit.SECONDS);
        awaitGone(node);
        assertTrue("there is none any more", computer.disconnected().isDone());
    }

    public void testABuildIsToldThatItsHostIsAtRiskAndThatItIsNoMore() throws Exception {
        FreeStyleProject job = job("risk", "told");
        Gate gate = new Gate();
        gate.on(job);
        Future<FreeStyleBuild> build = job.scheduleBuild2(0);
        gate.awaitBuild();
        framework.handle(new Event.Risk(4, node.getNodeName(), HOST + " is under maintenance from noon"));
        awaitLog(job.getLastBuild(), "At risk: " + HOST + " is under maintenance from noon");
        assertContains(MesosFramework.describe(framework.agent(node.getNodeName())), "under maintenance");
        framework.handle(new Event.Risk(5, node.getNodeName(), null));
        awaitLog(job.getLastBuild(), "No longer at risk");
        assertFalse(MesosFramework.describe(framework.agent(node.getNodeName())).contains("under maintenance"));
        gate.open();
        build.get(30, TimeUnit.SECONDS);
    }
}
