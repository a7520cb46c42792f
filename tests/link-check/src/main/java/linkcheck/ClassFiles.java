package linkcheck;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Finds class files in a plugin's archive, the jars inside it, or a folder. */
final class ClassFiles {
    private ClassFiles() {}

    static List<byte[]> of(Path place) throws IOException {
        List<byte[]> found = new ArrayList<>();
        if (Files.isDirectory(place)) {
            try (Stream<Path> files = Files.walk(place)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                    found.add(Files.readAllBytes(file));
                }
            }
        } else {
            try (InputStream in = Files.newInputStream(place)) {
                archive(in, found);
            }
        }
        return found;
    }

    private static void archive(InputStream in, List<byte[]> found) throws IOException {
        ZipInputStream zip = new ZipInputStream(in);
        for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
            if (entry.getName().endsWith(".class")) {
                found.add(zip.readAllBytes());
            } else if (entry.getName().matches("WEB-INF/lib/[^/]+\\.jar")) {
                archive(new ByteArrayInputStream(zip.readAllBytes()), found);
            }
        }
    }
}
