package org.jenkinsci.plugins.mesos.wire;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.BeforeClass;
import org.junit.Test;

/**
 * Our messages against those of Mesos. Our descriptors come from
 * {@code cargo run -p mesos-wire --example descriptors -- target/wire-descriptors.bin}.
 */
public class WireSchemaTest {
    static final Schema MESOS =
            Schema.of(org.apache.mesos.v1.Protos.getDescriptor(), org.apache.mesos.v1.scheduler.Protos.getDescriptor());

    private static Schema wire;
    private static Comparison comparison;

    static FileDescriptorSet ours() throws IOException {
        Path file = Path.of(System.getProperty("wire.descriptors"));
        assertTrue(file.toAbsolutePath().normalize() + " is missing; write it with: cargo run -p mesos-wire"
                + " --example descriptors -- target/wire-descriptors.bin", Files.isRegularFile(file));
        return FileDescriptorSet.parseFrom(Files.readAllBytes(file));
    }

    @BeforeClass
    public static void compare() throws Exception {
        wire = Schema.of(ours());
        comparison = new Comparison(wire, MESOS);
        System.out.printf(
                "wire schema: %d messages with %d fields and %d enums with %d values compared with Mesos 1.11.0;"
                        + " %d fields are bytes where Mesos has a message: %s%n",
                wire.messages().size(), comparison.fields, wire.enums().size(), comparison.values,
                comparison.opaque.size(), String.join(", ", comparison.opaque));
    }

    @Test
    public void theSchemaIsThere() {
        List<String> needed = List.of(
                "scheduler.Call", "scheduler.Event", "FrameworkInfo", "MasterInfo", "Offer", "Resource", "TaskInfo",
                "CommandInfo", "ContainerInfo", "TaskStatus");
        for (String name : needed) {
            assertTrue(name, wire.messages().containsKey("mesos.v1." + name));
        }
        assertTrue(comparison.fields + " fields", comparison.fields >= 300);
        assertTrue(comparison.values + " enum values", comparison.values >= 130);
    }

    @Test
    public void everythingOfOursIsTheSameInMesos() {
        assertEquals(List.of(), comparison.wrong);
    }

    /** What a message lacks would be lost when an offered resource is sent back, or a new state would be misread. */
    @Test
    public void noMessageOrEnumOfOursLacksAnythingOfMesos() {
        assertEquals(List.of(), comparison.missing);
    }

    @Test
    public void whatIsEchoedIsOpaqueOnlyWhereItIsNeverRead() {
        List<String> opaqueInResource = comparison.opaque.stream()
                .filter(name -> name.startsWith("mesos.v1.Resource."))
                .toList();
        assertEquals(
                List.of("mesos.v1.Resource.disk", "mesos.v1.Resource.revocable", "mesos.v1.Resource.shared"),
                opaqueInResource);
    }
}
