package org.jenkinsci.plugins.mesos;

import hudson.util.Secret;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The login that a cloud had before the one of today. Mesos lets no framework change its principal: the one of the login
 * before is served until its agents have ended, also after a restart of Jenkins, when its credential may be gone. The
 * passwords are encrypted on disk as Jenkins encrypts its own.
 */
final class FormerLogin {
    private static final Logger LOGGER = Logger.getLogger(FormerLogin.class.getName());

    private static final String FILE = "logins";

    /** What is in the files, by their folders: the login of today and the one before. */
    private static final Map<File, List<Known>> KNOWN = new ConcurrentHashMap<>();

    private record Known(String principal, Secret password) {}

    private FormerLogin() {}

    /**
     * Remembers the login in the contract's Config, and adds the one before to it if there was one.
     *
     * @param folder of the cloud's state
     */
    static synchronized void addTo(Map<String, Object> config, File folder) {
        List<Known> logins = KNOWN.computeIfAbsent(folder, FormerLogin::read);
        List<Known> next = with(logins, (String) config.get("principal"), (String) config.get("secret"));
        if (!next.equals(logins)) {
            KNOWN.put(folder, next);
            write(folder, next);
        }
        if (next.size() > 1) {
            Map<String, Object> former = new LinkedHashMap<>();
            former.put("principal", next.get(1).principal);
            former.put("secret", plain(next.get(1).password));
            config.put("formerLogin", former);
        }
    }

    /** The first is the login of today; a cloud that has none today keeps the last one that it had. */
    private static List<Known> with(List<Known> logins, String principal, String password) {
        if (principal == null) {
            // in front of it, so that it counts as the one before
            return logins.isEmpty() || logins.get(0).principal.isEmpty()
                    ? logins
                    : List.of(new Known("", null), logins.get(0));
        }
        Known today = new Known(principal, password == null ? null : Secret.fromString(password));
        List<Known> next = new ArrayList<>(List.of(today));
        logins.stream()
                .filter(each -> !each.principal.isEmpty() && !each.principal.equals(principal))
                .findFirst()
                .ifPresent(next::add);
        return next;
    }

    private static String plain(Secret password) {
        return password == null ? null : password.getPlainText();
    }

    private static List<Known> read(File folder) {
        List<Known> logins = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(folder.toPath().resolve(FILE))) {
                String[] parts = line.split(" ", 2);
                String principal = new String(Base64.getDecoder().decode(parts[0]), StandardCharsets.UTF_8);
                logins.add(new Known(principal, parts.length > 1 ? Secret.decrypt(parts[1]) : null));
            }
        } catch (NoSuchFileException e) {
            LOGGER.log(Level.FINE, "no login before", e);
        } catch (IOException | IllegalArgumentException e) {
            LOGGER.log(Level.WARNING, "the login before cannot be read in " + folder, e);
        }
        return logins;
    }

    private static void write(File folder, List<Known> logins) {
        List<String> lines = new ArrayList<>();
        for (Known each : logins) {
            String principal = Base64.getEncoder().encodeToString(each.principal.getBytes(StandardCharsets.UTF_8));
            lines.add(each.password == null ? principal : principal + " " + each.password.getEncryptedValue());
        }
        Path file = folder.toPath().resolve(FILE);
        Path fresh = folder.toPath().resolve(FILE + ".new");
        try {
            Files.createDirectories(folder.toPath());
            Files.write(fresh, lines);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the login of today cannot be remembered in " + folder, e);
        }
    }

    /** As after a restart. */
    static void forget() {
        KNOWN.clear();
    }
}
