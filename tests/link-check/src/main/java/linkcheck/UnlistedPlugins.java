package linkcheck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Plugins that are referred to and that the list of signatures does not have. What refers to them is judged by the
 * plugins' own archives if somebody gives those, and else counted as not judged, never as linking.
 */
final class UnlistedPlugins {
    /** Declarative Pipelines: the extension point for {@code agent { mesos { … } }}, in pipeline-model-extensions. */
    static final List<String> ARCHIVES = List.of("pipeline-model-extensions.hpi");

    /** The metrics plugin, which not every folder of plugins has. */
    static final List<String> RARE_ARCHIVES = List.of("metrics.hpi");

    private static final String RARE_PACKAGE = "jenkins/metrics/";

    private static final List<String> PACKAGES =
            List.of("org/jenkinsci/plugins/pipeline/modeldefinition/", RARE_PACKAGE);

    private UnlistedPlugins() {}

    /** Whether a type is of one of these plugins. */
    static boolean have(String type) {
        return PACKAGES.stream().anyMatch(type::startsWith);
    }

    /** Whether a type may stay not judged although a folder of plugins is given. */
    static boolean areRare(String type) {
        return type.startsWith(RARE_PACKAGE);
    }

    /**
     * Reads the types from the archives in a folder.
     *
     * @throws IOException if one is not there that has to be
     */
    static Map<String, Type> read(Path folder) throws IOException {
        Map<String, Type> types = new HashMap<>();
        for (String archive : ARCHIVES) {
            Path file = folder.resolve(archive);
            if (!Files.isRegularFile(file)) {
                throw new IOException(file + " does not exist");
            }
            read(file, types);
        }
        for (String archive : RARE_ARCHIVES) {
            Path file = folder.resolve(archive);
            if (Files.isRegularFile(file)) {
                read(file, types);
            }
        }
        return types;
    }

    private static void read(Path archive, Map<String, Type> types) throws IOException {
        for (byte[] classFile : ClassFiles.of(archive)) {
            Type type = ClassReading.of(classFile).type();
            type.members().values().removeIf(flags -> flags.contains("private"));
            types.put(type.name(), type);
        }
    }
}
