package org.jenkinsci.plugins.mesos;

import hudson.model.Job;
import hudson.model.Run;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * The templates that running Pipelines have defined, in {@code $JENKINS_HOME/mesos/pipeline-templates.json}: a build
 * goes on after a restart, and so must find its template. What the file holds of builds that are over is dropped.
 */
final class PipelineTemplates {
    private static final Logger LOGGER = Logger.getLogger(PipelineTemplates.class.getName());

    /** The version of the file. A file of a later version is left alone and hides nothing but its own templates. */
    private static final int VERSION = 1;

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Null until the file was read; replaced as a whole, so that readers take no lock. */
    private static volatile Known known;

    /** By cloud id: what was made of the templates known then, and of the configured ones that they inherit from. */
    private static final Map<String, Made> MADE = new ConcurrentHashMap<>();

    private PipelineTemplates() {}

    /** All templates, of one Jenkins home: tests start several in one JVM. */
    private record Known(File home, List<PipelineTemplate> templates) {}

    private record Made(Known of, List<MesosSlaveInfo> configured, List<MesosSlaveInfo> templates) {}

    /** Those of a cloud, as it takes them. One whose parent is gone is left out: its agents cannot be made any more. */
    static List<MesosSlaveInfo> of(MesosCloud cloud) {
        Known present = known();
        if (present.templates.isEmpty()) {
            return List.of();
        }
        Made made = MADE.get(cloud.getCloudID());
        if (made == null || made.of != present || made.configured != cloud.getSlaveInfos()) {
            made = new Made(present, cloud.getSlaveInfos(), make(present, cloud));
            MADE.put(cloud.getCloudID(), made);
        }
        return made.templates;
    }

    private static List<MesosSlaveInfo> make(Known present, MesosCloud cloud) {
        List<MesosSlaveInfo> templates = new ArrayList<>();
        for (PipelineTemplate each : present.templates) {
            String parent = each.agent().inheritFrom();
            if (each.cloudId().equals(cloud.getCloudID())
                    && (parent == null || !cloud.templates().withParents(parent).isEmpty())) {
                templates.add(each.agent().toTemplate(cloud, each.label()));
            }
        }
        return templates;
    }

    /** Whether none is known: the usual case, looked at for each step of each Pipeline. */
    static boolean isEmpty() {
        return known().templates.isEmpty();
    }

    /** A label that no template has. */
    static String newLabel(String word) {
        byte[] unique = new byte[5];
        RANDOM.nextBytes(unique);
        return word + "-" + HexFormat.of().formatHex(unique);
    }

    /**
     * Adds a template, or finds the one of an earlier step of this build that may share its agents.
     *
     * @return the template that serves the step
     * @throws IOException if it cannot be kept on disk, where a restart would lose it
     */
    static synchronized PipelineTemplate add(PipelineTemplate wanted) throws IOException {
        List<PipelineTemplate> templates = new ArrayList<>(known().templates);
        for (PipelineTemplate each : templates) {
            if (each.serves(wanted.cloudId(), wanted.build(), wanted.agent())) {
                return each;
            }
        }
        templates.add(wanted);
        replace(templates);
        return wanted;
    }

    /** The step of a build is over: its template goes, unless later steps of the build may share its agents. */
    static void removeOfStep(String build, String step) {
        remove(each -> each.build().equals(build) && each.step().equals(step) && each.agent().isSingleUse());
    }

    static void removeOfBuild(String build) {
        remove(each -> each.build().equals(build));
    }

    /** Those of builds that are over or deleted, whose end nobody told. */
    static void removeOfEndedBuilds() {
        remove(each -> {
            Run<?, ?> build = find(each.build());
            return build == null || !build.isBuilding();
        });
    }

    /** The build of a {@code job#number}, or null. */
    private static Run<?, ?> find(String build) {
        int sign = build.lastIndexOf('#');
        Job<?, ?> job = Jenkins.get().getItemByFullName(build.substring(0, Math.max(0, sign)), Job.class);
        return job == null ? null : job.getBuildByNumber(Integer.parseInt(build.substring(sign + 1)));
    }

    private static void remove(Predicate<PipelineTemplate> over) {
        // builds are loaded without the lock
        List<PipelineTemplate> gone = known().templates.stream().filter(over).toList();
        if (gone.isEmpty()) {
            return;
        }
        synchronized (PipelineTemplates.class) {
            List<PipelineTemplate> templates = new ArrayList<>(known().templates);
            templates.removeAll(gone);
            try {
                replace(templates);
            } catch (IOException e) {
                // not worth more: it is tried again after the next restart
                known = new Known(home(), List.copyOf(templates));
                LOGGER.log(Level.WARNING, "cannot write " + file() + "; templates of ended Pipelines stay in it", e);
            }
        }
        gone.forEach(PipelineLeftovers::add);
        MesosFrameworks.reconcileSoon();
    }

    private static Known known() {
        Known present = known;
        return present != null && present.home.equals(home()) ? present : load();
    }

    private static synchronized Known load() {
        if (known == null || !known.home.equals(home())) {
            known = new Known(home(), List.copyOf(read(file())));
        }
        return known;
    }

    static List<PipelineTemplate> read(Path file) {
        try {
            if (!Files.exists(file)) {
                return List.of();
            }
            Members json = Members.parse(Files.readAllBytes(file));
            if (json.number("v", 0) == VERSION) {
                return json.list("templates", PipelineTemplate::of);
            }
            LOGGER.log(Level.WARNING, "{0} is of another version of the plugin; its templates are not used", file);
        } catch (IOException | IllegalArgumentException e) {
            LOGGER.log(Level.WARNING, "cannot read " + file + "; Pipelines that wait for their own agents must be"
                    + " started again", e);
        }
        return List.of();
    }

    private static void replace(List<PipelineTemplate> templates) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("v", VERSION);
        json.put("templates", templates.stream().map(PipelineTemplate::toJson).toList());
        write(file(), NativeJson.write(json));
        known = new Known(home(), List.copyOf(templates));
    }

    /** All of it or nothing, whenever the power goes. */
    private static void write(Path file, byte[] contents) throws IOException {
        Files.createDirectories(file.getParent());
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel out = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(contents);
            while (rest.hasRemaining()) {
                out.write(rest);
            }
            out.force(true);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static File home() {
        return Jenkins.get().getRootDir();
    }

    private static Path file() {
        return home().toPath().resolve("mesos").resolve("pipeline-templates.json");
    }
}
