package linkcheck;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.Before;
import org.junit.Test;

/** The packaged plugin, and the stubs it was compiled with, against the signatures of a later Jenkins. */
public class PackagedPluginTest {
    private final String signatures = System.getProperty("linkcheck.signatures", "");
    private final String plugins = System.getProperty("linkcheck.plugins", "");
    private final Path hpi = Path.of(System.getProperty("linkcheck.hpi", "mesos.hpi"));
    private final Path stubs = Path.of(System.getProperty("linkcheck.stubs", "stubs"));

    @Before
    public void signaturesAreThere() {
        boolean there = !signatures.isEmpty();
        if (!there) {
            System.out.println("LINK CHECK SKIPPED: no signatures of a later Jenkins; give -Dlinkcheck.signatures=<file>");
        }
        assumeTrue(there);
        assertTrue(signatures + " does not exist", Files.isRegularFile(Path.of(signatures)));
    }

    private Map<String, Type> api() throws IOException {
        Map<String, Type> api = Signatures.read(Path.of(signatures));
        if (!plugins.isEmpty()) {
            api.putAll(UnlistedPlugins.read(Path.of(plugins)));
        }
        return api;
    }

    @Test
    public void everyReferenceOfThePackagedClassesLinks() throws Exception {
        LinkCheck.Outcome outcome = LinkCheck.check(api(), hpi);
        System.out.println("link check: " + outcome.checked() + " references to the API of "
                + Path.of(signatures).getFileName() + ", " + outcome.problems().size() + " that do not link");
        if (!outcome.notJudged().isEmpty()) {
            System.out.println("link check: not judged, for want of -Dlinkcheck.plugins=<folder of .hpi files>: "
                    + outcome.notJudged());
        }
        assertEquals("", String.join("\n", outcome.problems()));
        assertTrue(
                "with the plugins given all can be judged, but those that are rare",
                plugins.isEmpty() || outcome.notJudged().stream().allMatch(UnlistedPlugins::areRare));
        assertTrue("nothing was checked", outcome.checked() > 100);
    }

    @Test
    public void theStubsInventNothing() throws Exception {
        List<String> invented = LinkCheck.invented(api(), ClassFiles.of(stubs));
        assertEquals("", String.join("\n", invented));
    }
}
