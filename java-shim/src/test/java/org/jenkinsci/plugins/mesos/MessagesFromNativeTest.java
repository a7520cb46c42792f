package org.jenkinsci.plugins.mesos;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import junit.framework.TestCase;

/** Messages of the native library as its contract gives them. */
public class MessagesFromNativeTest extends TestCase {

    private static byte[] utf8(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    public void testEachTypeOfEventIsRead() {
        Event.Batch batch = Event.Batch.parse(utf8("{\"v\":1,\"closed\":false,\"events\":["
                + "{\"type\":\"connection\",\"at\":5,\"state\":\"subscribed\",\"leader\":\"a:1\",\"frameworkId\":\"f\",\"message\":null},"
                + "{\"type\":\"waiting\",\"at\":6,\"name\":\"n\",\"reason\":\"needs 8 CPUs\",\"possible\":false},"
                + "{\"type\":\"accepted\",\"at\":7,\"name\":\"n\",\"host\":\"h\",\"agentId\":\"s\",\"cpus\":0.3,\"mem\":768,\"tasksInOffer\":2},"
                + "{\"type\":\"state\",\"at\":8,\"name\":\"n\",\"state\":\"TASK_RUNNING\",\"message\":\"m\",\"reason\":null,\"host\":\"h\"},"
                + "{\"type\":\"ended\",\"at\":9,\"name\":\"n\",\"state\":\"TASK_FAILED\",\"reason\":\"r\",\"message\":\"[1]\",\"requested\":true},"
                + "{\"type\":\"ended\",\"at\":9,\"name\":\"o\",\"state\":\"TASK_DROPPED\",\"again\":true},"
                + "{\"type\":\"known\",\"at\":10,\"name\":\"n\",\"state\":\"TASK_RUNNING\",\"host\":\"h\"},"
                + "{\"type\":\"risk\",\"at\":10,\"name\":\"n\",\"message\":\"h is under maintenance\"},"
                + "{\"type\":\"risk\",\"at\":11,\"name\":\"n\",\"message\":null},"
                + "{\"type\":\"framework\",\"at\":11,\"frameworkId\":\"f\",\"previous\":null},"
                + "{\"type\":\"trouble\",\"at\":12,\"subject\":\"ledger\",\"message\":\"m\"},"
                + "{\"type\":\"later\",\"at\":13}]}"));
        assertFalse(batch.closed());
        assertEquals(
                List.of(
                        new Event.Connection(5, "subscribed", "a:1", "f", null),
                        new Event.Waiting(6, "n", "needs 8 CPUs", false),
                        new Event.Accepted(7, "n", "h", 0.3, 768, 2),
                        new Event.State(8, "n", "TASK_RUNNING", "m", null, "h"),
                        new Event.Ended(9, "n", "TASK_FAILED", "r", "[1]", true, false),
                        new Event.Ended(9, "o", "TASK_DROPPED", null, null, false, true),
                        new Event.Known(10, "n", "TASK_RUNNING", "h"),
                        new Event.Risk(10, "n", "h is under maintenance"),
                        new Event.Risk(11, "n", null),
                        new Event.Framework(11, "f", null),
                        new Event.Trouble(12, "ledger", "m"),
                        new Event.Unknown(13, "later")),
                batch.events());
    }

    public void testAnEventOfAnAgentWithoutItsNameIsRefused() {
        try {
            Event.Batch.parse(utf8("{\"events\":[{\"type\":\"ended\",\"at\":1}]}"));
            fail("read without a name");
        } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage(), e.getMessage().contains("name"));
        }
    }

    public void testAPlanIsRead() {
        Plan plan = Plan.parse(utf8("{\"v\":1,\"agents\":[{\"name\":\"n\",\"label\":\"a b\",\"executors\":2,\"cpus\":0.3,"
                + "\"mem\":768,\"remoteFsRoot\":\"jenkins\",\"idleTerminationMinutes\":0,\"mode\":\"EXCLUSIVE\"},"
                + "{\"name\":\"m\",\"label\":\"c\",\"executors\":1,\"cpus\":1,\"mem\":512,\"remoteFsRoot\":\"jenkins\","
                + "\"idleTerminationMinutes\":3,\"mode\":\"NORMAL\",\"template\":\"key\",\"image\":\"maven:3\","
                + "\"singleUse\":true,\"maxBuilds\":4,\"maxHours\":5,\"disk\":1024.5}]}"));
        assertEquals(
                List.of(
                        new Plan.Agent("n", "a b", 2, 0.3, 768, "jenkins", 0, "EXCLUSIVE", null, null, false, 0, 0, 0),
                        new Plan.Agent(
                                "m", "c", 1, 1, 512, "jenkins", 3, "NORMAL", "key", "maven:3", true, 4, 5, 1024.5)),
                plan.agents());
        Map<String, Object> demand = NativeJson.read(Plan.demand("key", null, 3));
        assertEquals("{v=1, template=key, image=null, excess=3}", demand.toString());
    }

    public void testAValidationAndAReportAreRead() {
        Validation validation = Validation.parse(utf8("{\"v\":1,\"problems\":[{\"severity\":\"warning\",\"field\":\"role\","
                + "\"template\":null,\"message\":\"m\"},{\"severity\":\"error\",\"field\":\"cpus\",\"template\":1,\"message\":\"n\"}],"
                + "\"totals\":[{\"template\":0,\"minCpus\":0.2,\"minMem\":640,\"maxCpus\":0.3,\"maxMem\":768,\"disk\":64}]}"));
        assertEquals(
                List.of(
                        new Validation.Problem(false, "role", null, "m"),
                        new Validation.Problem(true, "cpus", 1, "n")),
                validation.problems());
        assertEquals(List.of(new Validation.Total(0, 0.2, 640, 0.3, 768, 64)), validation.totals());
        assertEquals(
                new ConnectionReport(true, "h:1", "1.11.0", 2, 7.5, 3000, "ok", List.of(), null),
                ConnectionReport.parse(utf8("{\"v\":1,\"ok\":true,\"leader\":\"h:1\",\"version\":\"1.11.0\",\"agents\":2,"
                        + "\"cpusFree\":7.5,\"memFree\":3000,\"message\":\"ok\"}")));
    }

    private static final String ROLES = "\"roles\":[{\"role\":\"eng/ci\",\"ours\":true,\"weight\":1.5,\"share\":0.25,"
            + "\"fairShare\":0.4499,\"used\":{\"cpus\":2,\"mem\":200},\"guarantee\":{},\"limit\":{\"cpus\":3.5,\"disk\":1,"
            + "\"gpus\":2,\"fpga\":3},\"frameworks\":[{\"name\":\"j\",\"ours\":true,\"active\":true,\"used\":{\"cpus\":2}},"
            + "{\"name\":\"<m>\",\"ours\":false,\"active\":false,\"used\":{}}],\"moreFrameworks\":5}]";

    public void testRolesAreReadAndPutIntoWords() {
        RoleShares shares = RoleShares.parse(utf8("{\"v\":1,\"known\":true,\"message\":null," + ROLES + "}"));
        assertTrue(shares.known());
        assertNull(shares.message());
        RoleShares.Role role = shares.roles().get(0);
        assertEquals("1.5 (45.0 % of the cluster while everybody wants as much as they can get)", role.weightText());
        assertEquals("2 CPUs, 200 MB of memory (25.0 % of the cluster)", role.usedText());
        assertEquals("nothing", role.guaranteeText());
        assertEquals("3.5 CPUs, 1 MB of disk, 2 GPUs, 3 fpga", role.limitText());
        assertEquals("this cloud, j (2 CPUs), <m> (not connected; nothing), 5 more", role.frameworksText());
        assertEquals(
                "Role eng/ci: weight " + role.weightText() + "; in use: " + role.usedText() + "; guaranteed: nothing; at most: "
                        + role.limitText() + "; frameworks: " + role.frameworksText() + ".",
                role.sentence());
        RoleShares unknown = RoleShares.parse(utf8("{\"v\":1,\"known\":false,\"message\":\"no\",\"roles\":[]}"));
        assertEquals(new RoleShares(false, "no", List.of()), unknown);
    }

    public void testAReportHasALineForEachRole() {
        ConnectionReport report = ConnectionReport.parse(utf8("{\"v\":1,\"ok\":true,\"message\":\"fine\"," + ROLES
                + ",\"rolesMessage\":null}"));
        assertEquals(List.of("fine", report.roles().get(0).sentence()), report.lines());
        ConnectionReport silent =
                ConnectionReport.parse(utf8("{\"v\":1,\"ok\":true,\"message\":\"fine\",\"rolesMessage\":\"status 403\"}"));
        assertEquals(
                List.of("fine", "The master does not tell who else wants the roles of this cloud: status 403"), silent.lines());
    }

    public void testTextThatLooksLikeJsonComesOutOfTheFormAsItWasTyped() {
        assertEquals("{\"os\":\"linux\"}", FormText.plain("\"{\"os\":\"linux\"}\""));
        assertEquals("[a] b [c]", FormText.plain("\"[a] b [c]\""));
        assertEquals("\"quoted\"", FormText.plain("\"quoted\""));
        assertEquals("", FormText.plain(null));
    }

    public void testIdleMinutesAreExactAndZeroIsNever() {
        assertFalse(MesosComputer.isIdleFor(59_999, 1));
        assertTrue(MesosComputer.isIdleFor(60_000, 1));
        assertFalse(MesosComputer.isIdleFor(Long.MAX_VALUE, 0));
    }
}
