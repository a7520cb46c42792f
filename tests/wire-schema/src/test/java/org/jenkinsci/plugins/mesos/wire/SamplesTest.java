package org.jenkinsci.plugins.mesos.wire;

import static org.junit.Assert.assertArrayEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Test;

/**
 * Full messages in Mesos's own encoding, kept for the Rust tests of native/wire, which must give them back byte for
 * byte. {@code -Dwire.samples.write=true} writes them anew.
 */
public class SamplesTest {

    @Test
    public void theSampleOfAResourceIsWhatMesosWrites() throws Exception {
        check("resource.bin", "mesos.v1.Resource");
    }

    @Test
    public void theSampleOfAnEventIsWhatMesosWrites() throws Exception {
        check("event.bin", "mesos.v1.scheduler.Event");
    }

    @Test
    public void theSampleOfACallIsWhatMesosWrites() throws Exception {
        check("call.bin", "mesos.v1.scheduler.Call");
    }

    private static void check(String name, String type) throws Exception {
        byte[] expected = FullMessage.of(WireSchemaTest.MESOS.messages().get(type)).toByteArray();
        Path file = Path.of(System.getProperty("wire.samples"), name);
        if (Boolean.getBoolean("wire.samples.write")) {
            Files.createDirectories(file.getParent());
            Files.write(file, expected);
        }
        assertArrayEquals(name, expected, Files.readAllBytes(file));
    }
}
