package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.contains;
import static org.jenkinsci.plugins.mesos.Expect.failure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Files that must never reach the JVM. Nothing is loaded in this class loader at any time. */
final class RefusedLibraryScenarios {

    static final String RESOURCE = "native/linux-x86_64/libmesos_jenkins.so";

    static void aMissingFile() throws Exception {
        refused(Path.of("/nowhere/libmesos_jenkins.so"), "does not exist", "empty the field");
    }

    static void aFolder() throws Exception {
        refused(Files.createTempDirectory("folder"), "is not a file");
    }

    static void aRelativePath() throws Exception {
        contains(failure(NativeLibraryException.class, () -> NativeLibrary.load("libmesos_jenkins.so")), "not absolute");
    }

    static void anEmptyFile() throws Exception {
        refused(write("libmesos_jenkins.so", new byte[0]), "the file is empty", "empty the field");
    }

    static void aTextFile() throws Exception {
        refused(write("notes.so", "hello".repeat(100).getBytes()), "not a library of this plugin");
    }

    static void anotherLibrary() throws Exception {
        Path libjvm = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
        refused(write("other.so", Files.readAllBytes(libjvm)), "another library than this plugin's");
    }

    static void ourLibraryCutOff() throws Exception {
        byte[] whole = whole();
        refused(write("libmesos_jenkins.so", Arrays.copyOf(whole, whole.length - 1)), "cut off");
        refused(write("libmesos_jenkins.so", Arrays.copyOf(whole, whole.length / 2)), "cut off");
        refused(write("libmesos_jenkins.so", Arrays.copyOf(whole, whole.length - 72)), "cut off");
    }

    static void ourLibraryWithOneBitFlippedAnywhere() throws Exception {
        byte[] whole = whole();
        for (int at : new int[] {0, 4, 64, whole.length / 3, whole.length / 2, whole.length - 73, whole.length - 1}) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 1;
            refused(write("libmesos_jenkins.so", flipped), "damaged");
        }
    }

    static void ourLibraryWithSomethingBehindIt() throws Exception {
        byte[] whole = whole();
        refused(write("libmesos_jenkins.so", Arrays.copyOf(whole, whole.length + 5)), "refused");
    }

    private static void refused(Path file, String... parts) throws Exception {
        String message = failure(NativeLibraryException.class, () -> NativeLibrary.load(file.toString()));
        contains(message, file.toString());
        contains(message, parts);
        Expect.that(!NativeLibrary.isLoaded(), "something was loaded");
    }

    static byte[] whole() throws IOException {
        try (InputStream in = RefusedLibraryScenarios.class.getClassLoader().getResourceAsStream(RESOURCE)) {
            return in.readAllBytes();
        }
    }

    static Path write(String name, byte[] bytes) throws IOException {
        return Files.write(Files.createTempDirectory("case").resolve(name), bytes);
    }
}
