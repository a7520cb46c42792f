package org.jenkinsci.plugins.mesos;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Stream;

/**
 * Which agents of a cloud have been given a secret: an empty file for each, so that none is given twice, not even after
 * Jenkins was restarted.
 */
final class SecretsGiven {
    /** What is given. */
    enum Kind {
        /** The agent's own secret, with which Jenkins lets it in. */
        AGENT("secrets-given"),
        /** The login for the registry of its image. */
        REGISTRY("logins-given");

        private final String folder;

        Kind(String folder) {
            this.folder = folder;
        }
    }

    private final Path folder;

    /**
     * @param stateDir the folder of the cloud; it need not exist
     */
    SecretsGiven(File stateDir, Kind kind) {
        folder = stateDir.toPath().resolve(kind.folder);
    }

    /**
     * Notes that an agent is given its secret. Of several threads one is the first.
     *
     * @param name of a known agent, hence good as the name of a file
     * @return false: it was given before
     * @throws IOException if it cannot be noted
     */
    boolean first(String name) throws IOException {
        Path note = folder.resolve(name);
        try {
            create(note);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }

    private void create(Path note) throws IOException {
        try {
            Files.createFile(note);
        } catch (NoSuchFileException e) {
            Files.createDirectories(folder);
            Files.createFile(note);
        }
    }

    /** The agent is over: nobody can use its secret any more. */
    void forget(String name) throws IOException {
        Files.deleteIfExists(folder.resolve(name));
    }

    /** Forgets all but these: the others ended while nobody looked. */
    void forgetAllBut(Collection<String> names) throws IOException {
        try (Stream<Path> notes = Files.list(folder)) {
            for (Path note : (Iterable<Path>) notes::iterator) {
                if (!names.contains(String.valueOf(note.getFileName()))) {
                    Files.deleteIfExists(note);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // none was ever given
        }
    }
}
