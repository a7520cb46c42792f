package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleProject;
import hudson.model.Node;
import hudson.model.Queue;
import hudson.model.TaskListener;
import hudson.model.queue.CauseOfBlockage;
import hudson.model.queue.QueueTaskDispatcher;
import hudson.slaves.SlaveComputer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** From the request to the build, no agent is ever missed in the count: none is asked for beside it. */
public class OneAgentEachTest extends MesosTestCase {
    private static final Logger LOG = Logger.getLogger(DemandLog.class.getName());

    private final java.util.Queue<String> decisions = new ConcurrentLinkedQueue<>();

    private final Handler reader = new Handler() {
        @Override
        public void publish(LogRecord record) {
            decisions.add(record.getMessage());
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            // nothing is open
        }
    };

    private MesosFramework framework;
    private int jobs;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        LOG.addHandler(reader);
        LOG.setLevel(Level.FINE);
        Demand.set(true);
    }

    @Override
    protected void tearDown() throws Exception {
        Demand.set(false);
        LOG.removeHandler(reader);
        LOG.setLevel(null);
        Queue.getInstance().clear();
        await("the builds have ended", () -> busy() == 0);
        super.tearDown();
    }

    /** As long as it is closed, the queue gives no build to any node. */
    private static final class Barrier extends QueueTaskDispatcher {
        private volatile boolean open;

        @Override
        public CauseOfBlockage canTake(Node node, Queue.Task task) {
            return open ? null : CauseOfBlockage.fromMessage(Messages._AgentNodes_removed("closed"));
        }
    }

    private void queued(int count, Gate gate) throws Exception {
        for (int i = 0; i < count; i++) {
            FreeStyleProject job = createFreeStyleProject("job" + ++jobs);
            job.setAssignedLabel(hudson.getLabel("mesos"));
            gate.on(job);
            job.scheduleBuild2(0);
        }
    }

    private void open(MesosSlaveInfo template) throws Exception {
        template.setRemoteFSRoot(createTmpDir().getPath());
        framework = opened(cloud(template));
    }

    private List<MesosAgent> requested(int count) throws Exception {
        await(count + " are asked for", () -> framework.agents().size() == count);
        return framework.agents();
    }

    private void accepted(List<MesosAgent> agents) throws Exception {
        for (MesosAgent agent : agents) {
            framework.handle(new Event.Accepted(1, agent.name, "host1", 0.2, 640, 1));
        }
        for (MesosAgent agent : agents) {
            await(agent.name + " has a node", () -> computer(agent) != null);
        }
    }

    private SlaveComputer computer(MesosAgent agent) {
        Node node = hudson.getNode(agent.name);
        return node == null ? null : (SlaveComputer) node.toComputer();
    }

    /** All at once. */
    private void connected(List<MesosAgent> agents) throws Exception {
        List<Thread> coming = new ArrayList<>();
        for (MesosAgent agent : agents) {
            Thread thread = new Thread(() -> new InProcessLauncher().launch(computer(agent), TaskListener.NULL));
            coming.add(thread);
            thread.start();
        }
        for (Thread thread : coming) {
            thread.join();
        }
    }

    /** Two looks that see all that was done so far. */
    private static void settle() throws InterruptedException {
        for (int turn = 0; turn < 2; turn++) {
            DemandReport before = Demand.report();
            Demand.signal();
            await("another look", () -> Demand.report() != before);
        }
    }

    private int busy() {
        return Stream.of(hudson.getComputers()).mapToInt(computer -> computer.countBusy()).sum();
    }

    /** Neither now nor in between was one asked for beside these. */
    private void assertNoOthersThan(List<MesosAgent> agents) throws Exception {
        settle();
        assertEquals(agents, framework.agents());
        Gate gate = new Gate();
        queued(1, gate);
        MesosAgent next = requested(agents.size() + 1).get(agents.size());
        assertEquals(agents.get(0).number + agents.size(), next.number);
        gate.open();
    }

    public void testAnAgentThatIsOnlineCountsUntilTheQueueGivesItItsBuild() throws Exception {
        Barrier barrier = new Barrier();
        hudson.getExtensionList(QueueTaskDispatcher.class).add(barrier);
        Gate gate = new Gate();
        try {
            open(template("mesos", 1, 1));
            queued(3, gate);
            List<MesosAgent> agents = requested(3);
            accepted(agents);
            settle();
            assertEquals(agents, framework.agents());

            connected(agents);
            await("all are online", () -> agents.stream().allMatch(agent -> agent.online().isDone()));
            settle();
            String decision = decisions.stream().reduce("", (before, after) -> after);
            assertTrue(decision, decision.startsWith("MesosCloud: waiting [3 for mesos]; agents {FREE=["));
            assertTrue(decision, decision.contains(agents.get(2).name) && decision.contains("to request []"));
            assertEquals("they are there for the builds that still wait", agents, framework.agents());
            assertEquals(3, Demand.report().waits().stream().mapToInt(DemandReport.Wait::builds).sum());

            barrier.open = true;
            Queue.getInstance().scheduleMaintenance();
            await("the builds run", () -> busy() == 3);
            assertNoOthersThan(agents);
        } finally {
            gate.open();
            hudson.getExtensionList(QueueTaskDispatcher.class).remove(barrier);
        }
    }

    public void testTwentyBuildsHaveTwentyAgentsHoweverTheyCome() throws Exception {
        Gate gate = new Gate();
        try {
            open(template("mesos", 1, 1));
            queued(20, gate);
            List<MesosAgent> agents = requested(20);
            accepted(agents);
            connected(agents);
            await("the builds run", () -> busy() == 20);
            assertNoOthersThan(agents);
        } finally {
            gate.open();
        }
    }

    public void testAnIdleAgentIsForTheNextBuild() throws Exception {
        Gate first = new Gate();
        open(template("mesos", 2, 2));
        queued(1, first);
        List<MesosAgent> agents = requested(1);
        assertEquals(2, agents.get(0).executors);
        accepted(agents);
        connected(agents);
        first.awaitBuild();

        Barrier barrier = new Barrier();
        hudson.getExtensionList(QueueTaskDispatcher.class).add(barrier);
        Gate second = new Gate();
        try {
            queued(1, second);
            await("it waits", () -> Queue.getInstance().getBuildableItems().size() == 1);
            settle();
            assertEquals("its second executor is free", agents, framework.agents());
            barrier.open = true;
            Queue.getInstance().scheduleMaintenance();
            second.awaitBuild();
            assertNoOthersThan(agents);
        } finally {
            first.open();
            second.open();
            hudson.getExtensionList(QueueTaskDispatcher.class).remove(barrier);
        }
    }
}
