package org.jenkinsci.plugins.mesos;

import hudson.matrix.AxisList;
import hudson.matrix.LabelAxis;
import hudson.matrix.MatrixBuild;
import hudson.matrix.MatrixProject;
import hudson.matrix.MatrixRun;
import hudson.matrix.TextAxis;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Queue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** At most so many builds, at most so many hours; matrix children. */
public class AgentLimitsTest extends AgentTestCase {

    public void testAnAgentOfThreeBuildsTakesThreeAndEnds() throws Exception {
        MesosSlave node = agent("some").executors(2).maxBuilds(3).online();
        List<Future<FreeStyleBuild>> builds = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            builds.add(job("job" + i, "some").scheduleBuild2(0));
        }
        awaitGone(node);
        await("two are left", () -> Queue.getInstance().getBuildableItems().size() == 2);
        assertEquals(3, node.getBuilds());
        assertEquals(3, builds.stream().filter(Future::isDone).count());

        MesosSlave next = agent("some").executors(2).maxBuilds(3).online();
        for (Future<FreeStyleBuild> build : builds) {
            assertBuildStatusSuccess(build.get(30, TimeUnit.SECONDS));
        }
        assertEquals(2, next.getBuilds());
        assertSame("it may have one more", next, hudson.getNode(next.getNodeName()));
        assertBuildStatusSuccess(job("last", "some").scheduleBuild2(0));
        awaitGone(next);
    }

    public void testAfterItsHoursAnAgentTakesNoBuild() throws Exception {
        MesosSlave node = agent("some").maxHours(2).node();
        long hour = TimeUnit.HOURS.toMillis(1);
        assertFalse(node.isFull(node.getCreatedAt()));
        assertFalse(node.isFull(node.getCreatedAt() + 2 * hour - 1));
        assertTrue(node.isFull(node.getCreatedAt() + 2 * hour));
        assertEquals("it has run for its 2 hours", node.fullBecause(node.getCreatedAt() + 2 * hour));
        assertFalse(agent("some").node().isFull(node.getCreatedAt() + 1000 * hour));
    }

    public void testEachMatrixChildHasASingleUseAgentForItself() throws Exception {
        hudson.setNumExecutors(1);
        hudson.setNodes(hudson.getNodes());
        MatrixProject matrix = createMatrixProject("matrix");
        matrix.setAxes(new AxisList(
                new TextAxis("part", "a", "b", "c", "d", "e", "f"), new LabelAxis("on", List.of("one"))));
        Future<MatrixBuild> build = matrix.scheduleBuild2(0);
        await("the matrix is built", () -> {
            try {
                if (AgentNodes.all().size() < 2) {
                    agent("one").singleUse().add();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return build.isDone();
        });
        assertBuildStatusSuccess(build.get());
        Set<String> agents = new HashSet<>();
        for (MatrixRun run : build.get().getRuns()) {
            assertBuildStatusSuccess(run);
            assertTrue(run + " is on the second build of " + run.getBuiltOnStr(), agents.add(run.getBuiltOnStr()));
        }
        assertEquals(6, agents.size());
    }

    public void testChildrenOfAMatrixJobWithTheOptionWantAnUnusedAgent() throws Exception {
        MatrixProject matrix = createMatrixProject("matrix");
        matrix.setAxes(new AxisList(new TextAxis("part", "a", "b")));
        assertFalse(SingleUse.wantsFresh(matrix.getItem("part=a")));
        matrix.getBuildWrappersList().add(new MesosSingleUseSlave());
        assertTrue(SingleUse.wantsFresh(matrix.getItem("part=a")));
    }

    public void testAParentOfMatrixBuildsWithoutALabelNeedsNoAgent() throws Exception {
        MatrixProject matrix = createMatrixProject("matrix");
        matrix.setAssignedLabel(null);
        MesosSlave node = agent("one").node();
        String why = node.canTake(matrix).getShortDescription();
        assertTrue(why, why.contains("needs no agent of Mesos"));
        matrix.setAssignedLabel(hudson.getLabel("one"));
        hudson.addNode(node);
        assertNull(node.canTake(matrix));
        FreeStyleProject job = job("job", "one");
        assertNull(node.canTake(job));
    }
}
