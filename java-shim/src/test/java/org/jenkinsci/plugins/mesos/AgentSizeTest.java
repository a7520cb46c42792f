package org.jenkinsci.plugins.mesos;

import hudson.util.FormValidation;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import junit.framework.TestCase;

/** Whether the cluster could hold an agent, in the words of the form. */
public class AgentSizeTest extends TestCase {
    private static Capacity fits(int agents) {
        return new Capacity(true, 12, agents, 16, 64000, 90000);
    }

    public void testWhatFitsIsCounted() {
        FormValidation answer = AgentSize.judge("2 CPUs", fits(5), fits(3));
        assertEquals(FormValidation.Kind.OK, answer.kind);
        assertTrue(answer.getMessage(), answer.getMessage().contains("2 CPUs. 3 of 12 Mesos agents"));
    }

    public void testAnAgentThatFitsOnlyWithFewerExecutorsIsWarnedOf() {
        FormValidation answer = AgentSize.judge("2 CPUs", fits(1), fits(0));
        assertEquals(FormValidation.Kind.WARNING, answer.kind);
        assertTrue(answer.getMessage(), answer.getMessage().contains("lower the maximum"));
    }

    public void testAnAgentThatFitsNowhereIsWarnedOf() {
        FormValidation answer = AgentSize.judge("99 CPUs", fits(0), fits(0));
        assertEquals(FormValidation.Kind.WARNING, answer.kind);
        assertTrue(answer.getMessage(), answer.getMessage().contains("None of 12 Mesos agents"));
        assertTrue(answer.getMessage(), answer.getMessage().contains("16 CPUs, 64000 MB of memory and 90000 MB of disk"));
    }

    public void testAClusterThatWasNotSeenYetIsNoReasonToWarn() {
        Capacity unknown = Capacity.parse("{\"v\":1,\"known\":false}".getBytes(StandardCharsets.UTF_8));
        assertEquals(FormValidation.Kind.OK, AgentSize.judge("2 CPUs", unknown, unknown).kind);
    }

    public void testTheMessagesOfTheLibrary() {
        assertEquals(
                fits(3),
                Capacity.parse(("{\"v\":1,\"known\":true,\"agents\":12,\"agentsThatFit\":3,"
                                + "\"largest\":{\"cpus\":16,\"mem\":64000,\"disk\":90000}}")
                        .getBytes(StandardCharsets.UTF_8)));
        assertEquals(
                Map.of("v", 1L, "cpus", 0.5, "mem", 128.0, "disk", 0.0), NativeJson.read(Capacity.need(0.5, 128, 0)));
    }
}
