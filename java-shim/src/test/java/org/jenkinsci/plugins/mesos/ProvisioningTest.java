package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleProject;
import hudson.model.Hudson;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.Queue;
import hudson.slaves.NodeProvisioner.PlannedNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Planning and nodes, with the real native library and a master that nobody can reach. */
public class ProvisioningTest extends MesosTestCase {

    public void testSevenWaitingBuildsGetAsManyExecutorsInAgentsOfTwo() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 2));
        MesosFramework framework = opened(cloud);
        Collection<PlannedNode> planned = cloud.provision(Label.get("mesos"), 7);
        assertEquals(List.of(2, 2, 2, 1), executors(planned));
        Set<String> names = new HashSet<>();
        for (PlannedNode each : planned) {
            names.add(each.displayName);
            assertTrue(each.displayName, each.displayName.matches("mesos-jenkins-[0-9a-f]{32}-mesos"));
            assertFalse(each.future.isDone());
        }
        assertEquals(4, names.size());
        await("all are asked for", () -> waiting(framework) == 4);
        assertEquals(names, new HashSet<>(framework.agents().stream().map(agent -> agent.name).toList()));
        assertEquals("Mesos has accepted none", List.of(), nodes());
    }

    public void testAnAgentNeverHasFewerExecutorsThanTheMinimum() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 3, 4));
        opened(cloud);
        assertEquals(List.of(3), executors(cloud.provision(Label.get("mesos"), 1)));
        assertEquals(List.of(4, 3), executors(cloud.provision(Label.get("mesos"), 5)));
    }

    public void testANodeTakesItsSettingsFromTheTemplate() throws Exception {
        MesosSlaveInfo template = template("big wide", 1, 2);
        template.setSlaveCpus("0.5");
        template.setSlaveMem("100");
        template.setExecutorCpus("0.25");
        template.setExecutorMem("50");
        template.setRemoteFSRoot("work");
        template.setIdleTerminationMinutes("9");
        template.setMode(Node.Mode.EXCLUSIVE);
        MesosCloud cloud = cloud(template);
        MesosFramework framework = opened(cloud);
        MesosSlave node = accepted(framework, cloud.provision(Label.get("big"), 2).iterator().next().displayName);
        assertEquals(2, node.getNumExecutors());
        assertEquals(1.0, node.getCpus());
        assertEquals(200.0, node.getMem());
        assertEquals("work", node.getRemoteFS());
        assertEquals(9, node.getIdleTerminationMinutes());
        assertEquals(Node.Mode.EXCLUSIVE, node.getMode());
        assertEquals("big wide", node.getLabelString());
        assertEquals(cloud.getCloudID(), node.getCloudId());
    }

    public void testLabelExpressionsFindTheTemplateThatSatisfiesThem() throws Exception {
        MesosCloud cloud = cloud(template("linux small", 1, 1), template("linux big", 1, 1));
        assertEquals("linux big", templateFor(cloud, "linux&&big"));
        assertEquals("linux big", templateFor(cloud, "windows||big"));
        assertEquals("linux small", templateFor(cloud, "linux"));
        assertFalse(cloud.canProvision(hudson.getLabel("linux&&arm")));
        assertFalse("a labelled template is not for builds without label", cloud.canProvision(null));
    }

    private String templateFor(MesosCloud cloud, String expression) {
        assertTrue(cloud.canProvision(hudson.getLabel(expression)));
        return cloud.templates().templateFor(hudson.getLabel(expression)).getLabelString();
    }

    public void testATemplateWithoutLabelServesOnlyBuildsWithoutLabel() throws Exception {
        MesosCloud cloud = cloud(template("", 1, 1));
        opened(cloud);
        assertFalse(cloud.canProvision(hudson.getLabel("linux")));
        FreeStyleProject labelled = createFreeStyleProject("labelled");
        labelled.setAssignedLabel(hudson.getLabel("linux"));
        labelled.scheduleBuild2(0);
        await("the labelled build waits", () -> buildable() == 1);
        assertTrue("no build without label waits", cloud.provision(null, 1).isEmpty());
        FreeStyleProject free = createFreeStyleProject("free");
        free.setAssignedLabel(null);
        free.scheduleBuild2(0);
        await("both builds wait", () -> buildable() == 2);
        assertEquals(List.of(1), executors(cloud.provision(null, 2)));
    }

    private static int buildable() {
        return Queue.getInstance().getBuildableItems().size();
    }

    public void testAQuietHostProvisionsNothing() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 2));
        opened(cloud);
        hudson.doQuietDown();
        assertTrue(cloud.provision(Label.get("mesos"), 2).isEmpty());
        hudson.doCancelQuietDown();
        assertEquals(List.of(2), executors(cloud.provision(Label.get("mesos"), 2)));
    }

    public void testADeletedNodeIsWithdrawnAndWhoeverWaitsForItLearnsWhy() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        PlannedNode planned = cloud.provision(Label.get("mesos"), 1).iterator().next();
        await("the agent is asked for", () -> waiting(framework) == 1);

        hudson.removeNode(accepted(framework, planned.displayName));

        await("the request is withdrawn", () -> waiting(framework) == 0);
        try {
            planned.future.get(20, TimeUnit.SECONDS);
            fail("the planned node came although it was deleted");
        } catch (ExecutionException e) {
            assertTrue(e.getCause().getMessage(), e.getCause() instanceof MesosAgentException);
            assertTrue(e.getCause().getMessage(), e.getCause().getMessage().contains(planned.displayName));
        }
        assertNull(framework.agent(planned.displayName));
    }

    public void testAnAgentsLogTellsItsStorySinceTheRequest() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        String agent = cloud.provision(Label.get("mesos"), 1).iterator().next().displayName;
        // the framework, which finds no master, has reasons of its own: this is the last of them
        await("the refusal is told", () -> String.valueOf(framework.agent(agent).reason())
                .contains("refuses connections"));
        for (int second = 1; second <= 300; second++) {
            framework.handle(new Event.Waiting(second * 1000, agent, "no offer for " + second + " s", true));
        }
        accepted(framework, agent);
        framework.handle(new Event.State(400_000, agent, "TASK_STARTING", "pulling image", null, "host1"));
        await("the log tells the latest", () -> log(agent).contains("pulling image"));
        String log = log(agent);
        assertTrue(log, log.contains("Requested from Mesos cloud MesosCloud: template mesos, 1 executor(s), 0.2 CPUs"));
        assertTrue(log, log.contains("Waiting: no offer for 300 s"));
        assertFalse("of the reasons to wait only the last stays", log.contains("no offer for 299 s"));
        assertTrue(log, log.contains("Accepted on host1 after "));
        String cause = hudson.getComputer(agent).getOfflineCause().toString();
        assertTrue(cause, cause.contains("being started on host1"));
    }

    private String log(String agent) {
        try {
            return hudson.getComputer(agent).getLog();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void testARequestThatIsWithdrawnLeavesNoTrace() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        String agent = cloud.provision(Label.get("mesos"), 1).iterator().next().displayName;
        await("it waits", () -> waiting(framework) == 1);
        framework.release(agent, "nobody waits for it any more");
        await("it is gone", () -> waiting(framework) == 0 && framework.agent(agent) == null);
        assertNull(hudson.getNode(agent));
        assertEquals(List.of(), framework.history().notes());
    }

    public void testAnAgentThatEndsBeforeItsNodeIsThereLeavesNone() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        String agent = cloud.provision(Label.get("mesos"), 1).iterator().next().displayName;
        framework.handle(acceptance(agent));
        framework.handle(new Event.Ended(2000, agent, "TASK_FAILED", "REASON_COMMAND_EXECUTOR_FAILED", "exit 1", false, false));
        AgentNodes.finish();
        assertNull(hudson.getNode(agent));
        String note = framework.history().notes().get(0).text();
        assertTrue(note, note.contains("TASK_FAILED"));
        assertTrue(note, note.contains("another agent of template mesos can be requested in 5 s"));
        assertTrue("none before", cloud.provision(Label.get("mesos"), 1).isEmpty());
    }

    public void testAnOfflineClusterDoesNotKeepTheHostFromPlanningOnce() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        FreeStyleProject project = createFreeStyleProject();
        project.setAssignedLabel(hudson.getLabel("mesos"));
        project.scheduleBuild2(0);
        await("one agent is asked for", () -> waiting(framework) == 1);
        // the provisioner runs every second here; several of its turns must not ask for more
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (System.nanoTime() < until) {
            assertEquals(1, framework.agents().size());
            Thread.sleep(100);
        }
    }

    public void testANodeWhoseCloudIsGoneIsRemoved() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        accepted(framework, cloud.provision(Label.get("mesos"), 1).iterator().next().displayName);
        assertEquals(1, nodes().size());

        hudson.clouds.remove(cloud);

        await("the framework is closed", () -> {
            MesosFrameworks.reconcileSoon();
            return MesosFrameworks.find(cloud.getCloudID()) == null;
        });
        await("the node is gone", () -> {
            MesosFrameworks.reconcileSoon();
            return nodes().isEmpty();
        });
    }

    public void testAChangedSettingReachesTheRunningFramework() throws Exception {
        MesosCloud cloud = cloud(template("mesos", 1, 1));
        MesosFramework framework = opened(cloud);
        MesosCloud changed = (MesosCloud) Hudson.XSTREAM.fromXML(Hudson.XSTREAM.toXML(cloud));
        changed.setSlaveInfos(List.of(template("mesos", 1, 1), template("more", 2, 2)));
        hudson.clouds.replaceBy(List.of(changed));
        await("the new settings are in use", () -> framework.cloud() == changed);
        assertSame(framework, MesosFrameworks.find(cloud.getCloudID()));
        assertEquals(List.of(2), executors(changed.provision(Label.get("more"), 1)));
    }

    public void testTwoCloudsWithOneIdBothRun() throws Exception {
        MesosCloud first = cloud(template("one", 1, 1));
        MesosCloud second = (MesosCloud) Hudson.XSTREAM.fromXML(Hudson.XSTREAM.toXML(first));
        hudson.clouds.add(first);
        hudson.clouds.add(second);
        await("both run", () -> MesosFrameworks.all().size() == 2);
        assertFalse(first.getCloudID().equals(second.getCloudID()));
    }

    private static Event acceptance(String agent) {
        return new Event.Accepted(1000, agent, "host1", 0.2, 640, 1);
    }

    /** Mesos accepts the agent; its node. */
    private MesosSlave accepted(MesosFramework framework, String agent) throws InterruptedException {
        framework.handle(acceptance(agent));
        await("the node is there", () -> hudson.getNode(agent) != null && hudson.getComputer(agent) != null);
        return (MesosSlave) hudson.getNode(agent);
    }

    private static int waiting(MesosFramework framework) {
        return framework.status().waiting().size();
    }

    private static List<MesosSlave> nodes() {
        return AgentNodes.all();
    }

    private static List<Integer> executors(Collection<PlannedNode> planned) {
        List<Integer> counts = new ArrayList<>();
        planned.forEach(each -> counts.add(each.numExecutors));
        return counts;
    }
}
