package org.jenkinsci.plugins.mesos;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import org.jvnet.localizer.ResourceBundleHolder;

/**
 * What was converted when clouds of older versions were read, and what a person should look at; kept in a file until
 * somebody dismisses it.
 */
final class UpgradeReport {
    private static final Logger LOGGER = Logger.getLogger(UpgradeReport.class.getName());

    private static final int VERSION = 1;

    /**
     * One line of the report.
     *
     * @param at Unix milliseconds
     * @param cloud its name
     */
    public record Entry(long at, String cloud, Finding finding) {
        /** In the language of whoever looks. */
        public String text() {
            return ResourceBundleHolder.get(Messages.class)
                    .format(finding.message(), finding.arguments().toArray());
        }

        /** Which templates it is about; empty: the cloud. */
        public String template() {
            String template = finding.template();
            return template == null ? "" : template.isEmpty() ? Messages.Upgrade_noLabel() : template;
        }

        private boolean isSameAs(Entry other) {
            return cloud.equals(other.cloud) && finding.equals(other.finding);
        }

        private Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("at", at);
            json.put("cloud", cloud);
            json.put("template", finding.template());
            json.put("look", finding.look());
            json.put("message", finding.message());
            json.put("arguments", finding.arguments());
            return json;
        }

        private static Entry of(Members json) {
            return new Entry(
                    json.whole("at"),
                    json.requiredText("cloud"),
                    new Finding(
                            json.text("template"),
                            json.flag("look", true),
                            json.requiredText("message"),
                            json.texts("arguments")));
        }
    }

    private UpgradeReport() {}

    private static Path file() {
        return new File(new File(Jenkins.get().getRootDir(), "mesos"), "upgrade-report.json").toPath();
    }

    /** Everything that nobody has dismissed yet; the oldest first. */
    static synchronized List<Entry> entries() {
        Path file = file();
        try {
            return Members.parse(Files.readAllBytes(file)).list("entries", Entry::of);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | IllegalArgumentException e) {
            LOGGER.log(Level.WARNING, "cannot read the upgrade report " + file, e);
            return List.of();
        }
    }

    static boolean isEmpty() {
        return !Files.exists(file());
    }

    /** Adds what is not there yet, and writes it to Jenkins's log. */
    static synchronized void add(String cloud, List<Finding> findings) {
        List<Entry> entries = new ArrayList<>(entries());
        int before = entries.size();
        for (Finding finding : findings) {
            Entry entry = new Entry(System.currentTimeMillis(), cloud, finding);
            if (entries.stream().noneMatch(entry::isSameAs)) {
                entries.add(entry);
                log(entry);
            }
        }
        if (entries.size() > before) {
            write(entries);
        }
    }

    private static void log(Entry entry) {
        String template = entry.template();
        LOGGER.log(
                entry.finding.look() ? Level.WARNING : Level.INFO,
                "Upgrade of cloud {0}{1}: {2}",
                new Object[] {entry.cloud, template.isEmpty() ? "" : ", template " + template, entry.text()});
    }

    static synchronized void dismiss() throws IOException {
        Files.deleteIfExists(file());
    }

    /** By way of another file: a report that was half written would be none. */
    private static void write(List<Entry> entries) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("v", VERSION);
        json.put("entries", entries.stream().map(Entry::toJson).toList());
        Path file = file();
        Path fresh = file.resolveSibling("upgrade-report.json.new");
        try {
            Files.createDirectories(file.getParent());
            try (FileChannel channel = FileChannel.open(
                    fresh,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer content = ByteBuffer.wrap(NativeJson.write(json));
                while (content.hasRemaining()) {
                    channel.write(content);
                }
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "cannot write the upgrade report " + file + "; it is in this log only", e);
        }
    }
}
