package org.jenkinsci.plugins.mesos;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds the native library, checks it and loads it, once per class loader.
 *
 * <p>A file is checked as bytes before the JVM may map it: a damaged one would end the whole host. The JVM loads a copy
 * in a fresh temporary folder, because one path can serve one class loader only and a plugin may be loaded twice.
 */
public final class NativeLibrary {

    /** The most bytes that are read of a file somebody names: far more than the library has. */
    private static final long MAX_SIZE = 256L * 1024 * 1024;

    private static final String FILE_NAME = "libmesos_jenkins.so";

    /** The old plugin's setting named Mesos's own C++ library, in these spellings. */
    private static final Pattern OLD_LIBRARY = Pattern.compile("libmesos(?!_jenkins).*\\.so[.0-9]*");

    private static Loaded loaded;

    /** The last question that was answered, because a check of the old library reads a large file. */
    private static String answeredPath;

    private static Loaded answer;

    private NativeLibrary() {}

    /** What is loaded. */
    public static final class Loaded {
        /** The library's version, such as {@code 3.0.0}. */
        public final String version;

        /** Where it came from: the path of a file, or the name of the resource in the plugin. */
        public final String path;

        /** What an administrator should know although it works, or null. */
        public final String warning;

        private Loaded(String version, String path, String warning) {
            this.version = version;
            this.path = path;
            this.warning = warning;
        }

        private Loaded warn(String text) {
            return new Loaded(version, path, text);
        }
    }

    /**
     * Loads the library, or says what is loaded already. After a failure it may be called again.
     *
     * @param customPath an absolute path of a library file; null or empty means the one in the plugin
     * @return what is loaded; its {@code warning} tells when that is not what was asked for
     * @throws NativeLibraryException if nothing could be loaded; the message says why and what to do
     */
    public static synchronized Loaded load(String customPath) throws NativeLibraryException {
        String asked = customPath == null ? "" : customPath.trim();
        if (!asked.equals(answeredPath)) {
            answer = choose(asked);
            answeredPath = asked;
        }
        return answer;
    }

    private static Loaded choose(String wanted) throws NativeLibraryException {
        String asked = wanted;
        String warning = null;
        if (isOldLibrary(asked)) {
            warning = "native library path " + asked + " names Mesos's own library, which this plugin no longer uses;"
                    + " the library in the plugin is used instead: empty the field";
            asked = "";
        }
        String source = asked.isEmpty() ? bundledName() : asked;
        if (loaded != null) {
            if (!loaded.path.equals(source)) {
                return loaded.warn("the native library " + loaded.path + " stays in use until the next restart;"
                        + " restart to use " + source);
            }
            return loaded.warn(warning);
        }
        byte[] library = asked.isEmpty() ? readBundled(source) : readFile(asked);
        String damage = LibraryTrailer.damageOf(library);
        if (damage != null) {
            throw new NativeLibraryException("native library " + source + " is refused: " + damage + "; "
                    + (asked.isEmpty()
                            ? "install the plugin again"
                            : "empty the field to use the library in the plugin, or give the path of an undamaged "
                                    + FILE_NAME));
        }
        loadCopy(source, library);
        loaded = new Loaded(agreedVersion(source), source, warning);
        NativeLog.start();
        return loaded;
    }

    /** Whether {@link #load} has succeeded in this class loader. */
    public static synchronized boolean isLoaded() {
        return loaded != null;
    }

    private static boolean isOldLibrary(String path) {
        String name = path.substring(path.lastIndexOf(File.separatorChar) + 1);
        if (!OLD_LIBRARY.matcher(name).matches()) {
            return false;
        }
        // Somebody may have given our file the old name.
        try {
            return LibraryTrailer.damageOf(readFile(path)) != null;
        } catch (NativeLibraryException e) {
            return true;
        }
    }

    /** The resource for this machine, such as {@code native/linux-x86_64/libmesos_jenkins.so}. */
    private static String bundledName() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String folder = (os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "macos" : os.replace(' ', '-'))
                + '-'
                + (arch.equals("amd64") ? "x86_64" : arch.equals("arm64") ? "aarch64" : arch);
        return "native/" + folder + '/' + FILE_NAME;
    }

    private static byte[] readBundled(String resource) throws NativeLibraryException {
        try (InputStream in = NativeLibrary.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new NativeLibraryException("the plugin has no native library for this system (" + resource
                        + " is missing); it needs a controller on Linux x86_64, or the path of a library built for "
                        + System.getProperty("os.name") + ' ' + System.getProperty("os.arch"));
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new NativeLibraryException(
                    "cannot read the native library in the plugin: " + e.getMessage() + "; install the plugin again",
                    e);
        }
    }

    private static byte[] readFile(String path) throws NativeLibraryException {
        try {
            Path file = Path.of(path);
            if (!file.isAbsolute()) {
                throw new NativeLibraryException("native library path " + path
                        + " is not absolute; start it with / or empty the field to use the library in the plugin");
            }
            if (!Files.isRegularFile(file)) {
                throw new NativeLibraryException("native library " + path + (Files.exists(file)
                                ? " is not a file"
                                : " does not exist or cannot be seen by the host's user")
                        + "; correct the path or empty the field to use the library in the plugin");
            }
            if (Files.size(file) > MAX_SIZE) {
                throw new NativeLibraryException("native library " + path
                        + " is too large to be this plugin's; empty the field to use the library in the plugin");
            }
            return Files.readAllBytes(file);
        } catch (InvalidPathException e) {
            throw new NativeLibraryException("native library path " + path + " is no valid path: " + e.getReason(), e);
        } catch (IOException e) {
            throw new NativeLibraryException("cannot read the native library " + path + " (" + e
                    + "); allow the host's user to read it or empty the field", e);
        }
    }

    /** Loads exactly the bytes that were checked; the file they came from may change meanwhile. */
    private static void loadCopy(String source, byte[] library) throws NativeLibraryException {
        Path folder = null;
        Path copy = null;
        try {
            folder = Files.createTempDirectory("mesos-jenkins-");
            if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
            copy = folder.resolve(FILE_NAME);
            Files.write(copy, library);
            System.load(copy.toString());
        } catch (IOException e) {
            throw new NativeLibraryException("cannot copy the native library to the temporary folder "
                    + System.getProperty("java.io.tmpdir") + " (" + e
                    + "); free space there or start the host with -Djava.io.tmpdir=<another folder>", e);
        } catch (UnsatisfiedLinkError e) {
            throw new NativeLibraryException("the JVM cannot load the native library " + source + ": " + e.getMessage()
                    + "; it needs Linux with glibc, a temporary folder (-Djava.io.tmpdir) that is not mounted noexec,"
                    + " and a plugin of the same version", e);
        } finally {
            // Linux keeps what is mapped although its name is gone; elsewhere it goes when the JVM ends.
            remove(copy);
            remove(folder);
        }
    }

    private static void remove(Path path) {
        if (path != null) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                path.toFile().deleteOnExit();
            }
        }
    }

    private static String agreedVersion(String source) throws NativeLibraryException {
        try {
            Map<String, Object> version = NativeJson.read(NativeBridge.version());
            if (!Long.valueOf(NativeBridge.CONTRACT).equals(version.get("contract"))) {
                throw new NativeLibraryException("native library " + source + " (version " + version.get("version")
                        + ") speaks contract " + version.get("contract") + ", this plugin speaks "
                        + NativeBridge.CONTRACT + "; use a library of the plugin's own version or empty the field");
            }
            return String.valueOf(version.get("version"));
        } catch (NativeException | UnsatisfiedLinkError | IllegalArgumentException e) {
            throw new NativeLibraryException("native library " + source + " does not say which version it is ("
                    + e.getMessage() + "); use a library of the plugin's own version or empty the field", e);
        }
    }
}
