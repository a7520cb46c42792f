package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Descriptor.FormException;
import hudson.slaves.Cloud;
import hudson.util.FormValidation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import org.jvnet.localizer.ResourceBundleHolder;

/** Form validation by the native library, which knows what each field may hold. */
final class FieldCheck {
    private static final Logger LOGGER = Logger.getLogger(FieldCheck.class.getName());

    /** Names in the contract that differ from those in the form. */
    private static final Map<String, String> FORM_NAMES = Map.ofEntries(
            Map.entry("user", "slavesUser"),
            Map.entry("jenkinsUrl", "jenkinsURL"),
            Map.entry("declineSeconds", "declineOfferDuration"),
            Map.entry("failoverTimeoutSeconds", "failoverTimeout"),
            Map.entry("unreachableTimeoutSeconds", "unreachableTimeout"),
            Map.entry("labels", "frameworkLabels"),
            Map.entry("launchTimeoutSeconds", "launchTimeout"),
            Map.entry("principal", "credentialsId"),
            Map.entry("templates", "slaveInfos"),
            Map.entry("label", "labelString"),
            Map.entry("cpus", "slaveCpus"),
            Map.entry("mem", "slaveMem"),
            Map.entry("memOverheadPercent", "jvmOverheadPercent"),
            Map.entry("remoteFsRoot", "remoteFSRoot"),
            Map.entry("attributes", "slaveAttributesString"),
            Map.entry("disk", "diskNeeded"),
            Map.entry("uris", "additionalURIs"),
            Map.entry("commandStyle", "agentCommandStyle"),
            Map.entry("container", "containerInfo"));

    private static final List<String> NUMBERS = List.of(
            "cpus", "mem", "minExecutors", "maxExecutors", "executorCpus", "executorMem", "idleTerminationMinutes",
            "disk");

    /** Fields of a cloud that stand for their default, or for no limit, when they are empty. */
    private static final Set<String> OPTIONAL = Set.of(
            "declineSeconds", "failoverTimeoutSeconds", "holdBackSeconds", "launchTimeoutSeconds", "maxAgents",
            "maxCpus", "maxMem", "unreachableTimeoutSeconds");

    private FieldCheck() {}

    /** One field of the cloud, by its name in the contract. */
    static FormValidation cloud(String field, String value) {
        if (Util.fixEmptyAndTrim(value) == null && OPTIONAL.contains(field)) {
            return FormValidation.ok();
        }
        Map<String, Object> config = emptyConfig();
        config.put(field, Util.fixNull(value).trim());
        return answer(config, field::equals, null);
    }

    /** One field of a template, by its name in the contract, with the values of all fields that it depends on. */
    static FormValidation template(String field, Map<String, String> values) {
        String own = values.get(field);
        if (Util.fixEmptyAndTrim(own) == null && !field.equals("label")) {
            // the default, or the value of the template that it inherits from
            return FormValidation.ok();
        }
        Map<String, Object> template = new HashMap<>();
        template.put("label", "mesos");
        values.forEach((name, value) -> {
            // a field that it depends on may be empty, its own check complains about that
            if (name.equals(field) || !value.trim().isEmpty()) {
                template.put(name, value.trim());
            }
        });
        return answer(config(List.of(template)), field::equals, 0);
    }

    /**
     * A field within a member of a template.
     *
     * @param path what the library calls it, for example {@code uris[0].value}
     * @param value of the member, with all that the field depends on
     */
    static FormValidation within(String path, Object value) {
        Map<String, Object> template = new HashMap<>();
        template.put("label", "mesos");
        template.put(outermost(path), value);
        return answer(config(List.of(template)), path::equals, 0);
    }

    /**
     * A field of a template's container.
     *
     * @param path within the container
     * @param members of the container, with all that the field depends on
     */
    static FormValidation container(String path, Map<String, Object> members) {
        Map<String, Object> container = new HashMap<>(members);
        container.putIfAbsent("image", "image");
        return within("container." + path, container);
    }

    /** What the library says of some templates. */
    static Validation validateTemplates(List<Map<String, Object>> templates) {
        return validate(libraryInUse(), config(templates));
    }

    /** The saved templates of a cloud; none if it is not saved yet, or to whom may not see them. */
    static List<MesosSlaveInfo> templatesOf(String cloudID) {
        if (mayConfigure()) {
            for (Cloud each : Jenkins.get().clouds) {
                if (each instanceof MesosCloud cloud && cloud.getCloudID().equals(cloudID)) {
                    return cloud.getSlaveInfos();
                }
            }
        }
        return List.of();
    }

    private static Map<String, Object> config(List<Map<String, Object>> templates) {
        Map<String, Object> config = emptyConfig();
        config.put("templates", templates);
        return config;
    }

    private static Map<String, Object> emptyConfig() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("v", 1);
        config.put("master", "localhost:5050");
        config.put("jenkinsUrl", "http://localhost/");
        return config;
    }

    /** {@code container} of {@code container.portMappings[0].hostPort}. */
    private static String outermost(String field) {
        return field.split("[.\\[]", 2)[0];
    }

    /** Whoever may not is told nothing by any check. */
    static boolean mayConfigure() {
        return Jenkins.get().hasPermission(Jenkins.ADMINISTER);
    }

    private static boolean isNotNegative(String text) {
        try {
            return Double.parseDouble(text.trim()) >= 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    static FormValidation libraryPath(String value) {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        try {
            NativeLibrary.Loaded loaded = NativeLibrary.load(value);
            return loaded.warning == null
                    ? FormValidation.ok(Messages.FieldCheck_library(loaded.version))
                    : FormValidation.warning(loaded.warning);
        } catch (NativeLibraryException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    private static FormValidation answer(
            Map<String, Object> config, Predicate<String> field, Integer template) {
        if (!mayConfigure()) {
            return FormValidation.ok();
        }
        for (Validation.Problem problem : validate(libraryInUse(), config).problems()) {
            if (field.test(problem.field()) && Objects.equals(problem.template(), template)) {
                return problem.error()
                        ? FormValidation.error(problem.message())
                        : FormValidation.warning(problem.message());
            }
        }
        return FormValidation.ok();
    }

    /** The library that the configured clouds name, so that a check does not load another one in its place. */
    private static String libraryInUse() {
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud cloud) {
                return cloud.getNativeLibraryPath();
            }
        }
        return "";
    }

    /** Finds nothing where the library cannot be loaded: its own field says why. */
    private static Validation validate(String library, Map<String, Object> config) {
        try {
            if (!NativeLibrary.isLoaded()) {
                NativeLibrary.load(library);
            }
            return Validation.parse(NativeBridge.validate(NativeJson.write(config)));
        } catch (NativeLibraryException | NativeException | LinkageError e) {
            LOGGER.log(Level.FINE, "cannot validate", e);
            return new Validation(List.of(), List.of());
        }
    }

    /**
     * Refuses a submitted cloud that cannot work.
     *
     * @throws FormException naming the first wrong field as the form calls it
     */
    static void refuseErrors(MesosCloud cloud) throws FormException {
        for (Validation.Problem problem : validate(cloud.getNativeLibraryPath(), cloud.toConfig()).problems()) {
            if (problem.error()) {
                throw new FormException(describe(cloud, problem), formName(problem));
            }
        }
        refuseUnreadable(cloud);
        refuseText(cloud);
    }

    /** The rules that the library does not know. */
    private static void refuseText(MesosCloud cloud) throws FormException {
        refuse(cloud, null, "tunnel", TextRules.tunnel(cloud.getTunnel()));
        refuse(cloud, null, "pipelineImages", TextRules.expressions(cloud.getPipelineImages()));
        for (int i = 0; i < cloud.getSlaveInfos().size(); i++) {
            MesosSlaveInfo template = cloud.getSlaveInfos().get(i);
            refuse(cloud, i, "allowedFolders", TextRules.folders(template.getAllowedFolders()));
            refuse(cloud, i, "allowedJobs", TextRules.expression(template.getAllowedJobs()));
            ContainerSettings container = template.getContainerInfo();
            if (container != null) {
                refuse(cloud, i, "allowedImages", TextRules.expressions(container.getAllowedImages()));
            }
        }
    }

    private static void refuse(MesosCloud cloud, Integer template, String field, String problem)
            throws FormException {
        if (problem != null) {
            throw new FormException(
                    describe(cloud, new Validation.Problem(true, field, template, problem)), field);
        }
    }

    /** What holds without the library too. */
    private static void refuseUnreadable(MesosCloud cloud) throws FormException {
        for (int i = 0; i < cloud.getSlaveInfos().size(); i++) {
            MesosSlaveInfo template = cloud.getSlaveInfos().get(i);
            Map<String, Object> fields = template.toConfig();
            for (String field : NUMBERS) {
                // null: another template gives it
                if (fields.get(field) != null && !isNotNegative(fields.get(field).toString())) {
                    Validation.Problem problem =
                            new Validation.Problem(true, field, i, Messages.FieldCheck_notNegative());
                    throw new FormException(describe(cloud, problem), formName(field));
                }
            }
        }
    }

    /** What the native library has to say about a cloud that was converted. */
    static List<Finding> problems(MesosCloud cloud) {
        List<Finding> findings = new ArrayList<>();
        for (Validation.Problem problem : validate(cloud.getNativeLibraryPath(), cloud.toConfig()).problems()) {
            boolean ofTemplate = problem.template() != null && problem.template() < cloud.getSlaveInfos().size();
            String template = ofTemplate ? cloud.getSlaveInfos().get(problem.template()).key() : null;
            String field = title(ofTemplate ? MesosSlaveInfo.class : MesosCloud.class, formName(problem));
            findings.add(Finding.toLookAt(template, "problem", field, problem.message()));
        }
        return findings;
    }

    /** A problem as a sentence that names the field as the form does, and the template by its label. */
    static String describe(MesosCloud cloud, Validation.Problem problem) {
        String field = title(
                problem.template() == null ? MesosCloud.class : MesosSlaveInfo.class, formName(problem));
        if (problem.template() == null || problem.template() >= cloud.getSlaveInfos().size()) {
            return Messages.FieldCheck_ofCloud(cloud.name, field, problem.message());
        }
        String label = Util.fixNull(cloud.getSlaveInfos().get(problem.template()).getLabelString());
        return Messages.FieldCheck_ofTemplate(
                cloud.name, problem.template() + 1, label, field, problem.message());
    }

    private static String formName(String field) {
        return FORM_NAMES.getOrDefault(outermost(field), outermost(field));
    }

    private static String formName(Validation.Problem problem) {
        boolean nameOfTemplate = problem.template() != null && problem.field().equals("name");
        return nameOfTemplate ? "templateName" : formName(problem.field());
    }

    /** The title in the form; the pages ask for it here too, so that a message and its field agree. */
    static String title(Class<?> describable, String formName) {
        return ResourceBundleHolder.get(Messages.class).format(describable.getSimpleName() + ".title." + formName);
    }
}
