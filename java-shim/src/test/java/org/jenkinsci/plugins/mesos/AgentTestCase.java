package org.jenkinsci.plugins.mesos;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Label;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Nodes of the plugin's own kind, whose agents are fakes in this JVM. */
public abstract class AgentTestCase extends MesosTestCase {
    private final AtomicInteger made = new AtomicInteger();
    private MesosCloud cloud;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        cloud = cloud(template("told", 1, 1));
        opened(cloud);
    }

    /** The plan of an agent; its name is new. */
    final class AgentPlan {
        private final String label;
        private int executors = 1;
        private boolean singleUse;
        private int maxBuilds;
        private int maxHours;

        AgentPlan(String label) {
            this.label = label;
        }

        AgentPlan executors(int count) {
            executors = count;
            return this;
        }

        AgentPlan singleUse() {
            singleUse = true;
            return this;
        }

        AgentPlan maxBuilds(int count) {
            maxBuilds = count;
            return this;
        }

        AgentPlan maxHours(int hours) {
            maxHours = hours;
            return this;
        }

        Plan.Agent plan() throws Exception {
            return new Plan.Agent(
                    "agent-" + made.incrementAndGet(), label, executors, 0.1, 64, createTmpDir().getPath(), 0, "NORMAL",
                    label, null, singleUse, maxBuilds, maxHours, 0);
        }

        MesosSlave node() throws Exception {
            MesosSlave node = new MesosSlave(cloud, template(label, 1, 1), plan());
            node.setLauncher(new InProcessLauncher());
            return node;
        }

        /** Adds the node; its agent comes by itself. */
        MesosSlave add() throws Exception {
            MesosSlave node = node();
            hudson.addNode(node);
            return node;
        }

        MesosSlave online() throws Exception {
            MesosSlave node = add();
            await(node.getNodeName() + " is online", () -> node.toComputer() != null && node.toComputer().isOnline());
            return node;
        }
    }

    AgentPlan agent(String label) {
        return new AgentPlan(label);
    }

    FreeStyleProject job(String name, String label) throws IOException {
        FreeStyleProject job = createFreeStyleProject(name);
        job.setAssignedLabel(Label.get(label));
        return job;
    }

    static List<String> names(List<MesosSlave> nodes) {
        List<String> names = new ArrayList<>();
        nodes.forEach(node -> names.add(node.getNodeName()));
        return names;
    }

    void awaitGone(MesosSlave node) throws InterruptedException {
        await(node.getNodeName() + " is gone", () -> hudson.getNode(node.getNodeName()) == null);
    }

    static void awaitLog(FreeStyleBuild build, String part) throws Exception {
        await("the log tells: " + part, () -> {
            try {
                return String.join("\n", build.getLog(200)).contains(part);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    static void assertContains(String text, String part) {
        assertTrue(text, text.contains(part));
    }
}
