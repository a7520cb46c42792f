package org.jenkinsci.plugins.mesos;

import hudson.slaves.Cloud;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * After clouds of an older version were read: keeps the file as it was, writes the converted one and reports. Without
 * that a cloud without an id would get another one, and lose its state, at each start.
 */
final class Upgrade {
    private static final Logger LOGGER = Logger.getLogger(Upgrade.class.getName());

    /** The copy of this start; null: there was nothing to copy. */
    private static volatile Path copied;

    private Upgrade() {}

    /** Does nothing unless a cloud was converted since the last time. Writes to the disk, so it is not for requests. */
    static void finish(Jenkins jenkins) {
        Map<MesosCloud, List<Finding>> converted = new LinkedHashMap<>();
        for (Cloud each : jenkins.clouds) {
            if (each instanceof MesosCloud cloud) {
                List<Finding> findings = cloud.takeFindings();
                if (findings != null) {
                    converted.put(cloud, findings);
                }
            }
        }
        if (converted.isEmpty()) {
            return;
        }
        Path copy = copied;
        converted.forEach((cloud, findings) -> UpgradeReport.add(cloud.name, all(cloud, findings, copy)));
        try {
            jenkins.save();
        } catch (IOException e) {
            LOGGER.log(
                    Level.WARNING, "cannot save the converted clouds; they are converted again at the next start", e);
        }
    }

    private static List<Finding> all(MesosCloud cloud, List<Finding> findings, Path copy) {
        List<Finding> all = new ArrayList<>(findings);
        all.addAll(FieldCheck.problems(cloud));
        if (copy != null) {
            all.add(Finding.converted(null, "copy", copy));
        }
        return Finding.joined(all);
    }

    /**
     * Keeps a copy of the settings of an older version. To be called before the host reads them: it may write them
     * anew soon after, for reasons of its own.
     */
    static void keepConfig(Path home) {
        Path config = home.resolve("config.xml");
        try {
            if (!Files.exists(config)) {
                return;
            }
            // whatever its encoding is, it shows ASCII as this does
            String content = Files.readString(config, StandardCharsets.ISO_8859_1);
            if (content.contains("<configVersion>") || !content.contains('<' + MesosCloud.class.getName())) {
                return;
            }
            Path folder = home.resolve("mesos");
            Files.createDirectories(folder);
            String time = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").format(LocalDateTime.now());
            Path copy = folder.resolve("config-before-upgrade-" + time + ".xml");
            Files.copy(config, copy, StandardCopyOption.REPLACE_EXISTING);
            if (Files.getFileStore(copy).supportsFileAttributeView("posix")) {
                // files of 0.8 hold a password as it is
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
            }
            copied = copy;
        } catch (IOException | RuntimeException e) {
            // no reason to keep Jenkins from starting
            LOGGER.log(Level.WARNING, "cannot keep a copy of " + config + " as it was before the upgrade", e);
        }
    }
}
