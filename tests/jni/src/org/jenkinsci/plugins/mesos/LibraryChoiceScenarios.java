package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.contains;
import static org.jenkinsci.plugins.mesos.Expect.equal;
import static org.jenkinsci.plugins.mesos.Expect.failure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Which file is loaded, told as one story, since a class loader loads once. */
final class LibraryChoiceScenarios {

    static void aFailureIsMendedByAnotherPathWithoutARestart() throws Exception {
        failure(NativeLibraryException.class, () -> NativeLibrary.load("/nowhere/libmesos_jenkins.so"));
        Path old = RefusedLibraryScenarios.write("libmesos-1.11.0.so", "not ours".getBytes());

        NativeLibrary.Loaded loaded = NativeLibrary.load(old.toString());
        equal(RefusedLibraryScenarios.RESOURCE, loaded.path);
        contains(loaded.warning, old.toString(), "no longer uses", "empty the field");
        contains(loaded.version, ".");

        NativeLibrary.Loaded again = NativeLibrary.load(" ");
        equal(loaded.path, again.path);
        equal(null, again.warning);
        equal(null, NativeLibrary.load(null).warning);

        Path copy = RefusedLibraryScenarios.write("copy.so", RefusedLibraryScenarios.whole());
        NativeLibrary.Loaded other = NativeLibrary.load(copy.toString());
        equal(loaded.path, other.path);
        contains(other.warning, "restart to use " + copy);

        // Also a wrong path cannot harm what works.
        contains(NativeLibrary.load("/nowhere/libmesos_jenkins.so").warning, "restart to use");
        contains(NativeLibrary.load("/usr/local/lib/libmesos.so").warning, "no longer uses");
    }

    static void noCopyIsLeftBehind() throws Exception {
        NativeLibrary.load("");
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            equal(0L, files.filter(file -> file.getFileName().toString().startsWith("mesos-jenkins-")).count());
        }
    }
}
