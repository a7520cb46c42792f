package org.jenkinsci.plugins.mesos;

import hudson.AbortException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What a Pipeline may ask for: the limits that the administrator set on the cloud, the restrictions of the template it
 * inherits from, and what the native library knows of each field. A refusal names the field of the step, the limit and
 * the cure.
 */
final class PipelineLimits {
    /** Fields of the contract's Template, and how the step calls them. */
    private static final Map<String, String> STEP_NAMES = Map.of(
            "minExecutors", "executors",
            "maxExecutors", "executors",
            "executorCpus", "cpus",
            "executorMem", "mem",
            "idleTerminationMinutes", "idleMinutes",
            "container", "image");

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}");

    private final MesosCloud cloud;
    private final PipelineAgent agent;

    PipelineLimits(MesosCloud cloud, PipelineAgent agent) {
        this.cloud = cloud;
        this.agent = agent;
    }

    /**
     * Refuses what is not allowed to this job.
     *
     * @param job full name
     * @throws AbortException with a message for the person who wrote the Pipeline
     */
    void check(String job) throws AbortException {
        if (!cloud.isPipelineAllowed()) {
            throw new AbortException(Messages.PipelineLimits_notAllowed(cloud.name));
        }
        if (agent.label() != null && !WORD.matcher(agent.label()).matches()) {
            throw refused("label", Messages.PipelineLimits_label(agent.label()));
        }
        if (agent.executorCount() > 1 && agent.isSingleUse()) {
            throw refused("executors", Messages.PipelineLimits_singleUseExecutors());
        }
        checkParent(job);
        checkImage();
        checkSize();
    }

    private void checkParent(String job) throws AbortException {
        if (agent.inheritFrom() == null) {
            return;
        }
        List<MesosSlaveInfo> line = cloud.templates().withParents(agent.inheritFrom());
        if (line.isEmpty()) {
            List<String> keys = cloud.getSlaveInfos().stream()
                    .map(MesosSlaveInfo::key)
                    .filter(key -> !key.isEmpty())
                    .toList();
            throw refused(
                    "inheritFrom",
                    Messages.PipelineLimits_noTemplate(cloud.name, agent.inheritFrom(), String.join(", ", keys)));
        }
        for (MesosSlaveInfo template : line) {
            if (!TemplateAccess.allows(template, job)) {
                throw refused("inheritFrom", Messages.PipelineLimits_notForJob(template.key(), cloud.name, job));
            }
        }
    }

    private void checkImage() throws AbortException {
        if (agent.image() == null) {
            return;
        }
        for (String line : cloud.getPipelineImages().split("\\R")) {
            try {
                if (!line.isBlank() && Pattern.matches(line.trim(), agent.image())) {
                    return;
                }
            } catch (PatternSyntaxException e) {
                throw refused("image", Messages.PipelineLimits_badPattern(cloud.name, line.trim(), e.getDescription()));
            }
        }
        throw refused(
                "image",
                cloud.getPipelineImages().isBlank()
                        ? Messages.PipelineLimits_noImages(agent.image(), cloud.name)
                        : Messages.PipelineLimits_image(
                                agent.image(), cloud.name, String.join(", ", cloud.getPipelineImages().split("\\R"))));
    }

    /** The native library judges each field and adds up what the agent takes, with what it inherits. */
    private void checkSize() throws AbortException {
        Map<String, Object> config = new LinkedHashMap<>(cloud.toConfig());
        List<Object> templates = new ArrayList<>();
        cloud.getSlaveInfos().forEach(each -> templates.add(each.toConfig()));
        int own = templates.size();
        templates.add(agent.toTemplate(cloud, PipelineTemplates.newLabel("pipeline")).toConfig());
        config.put("templates", templates);
        Validation validation = validate(config);
        for (Validation.Problem problem : validation.problems()) {
            if (problem.error() && problem.template() != null && problem.template() == own) {
                String field = problem.field().replaceFirst("\\..*", "");
                throw refused(STEP_NAMES.getOrDefault(field, field), problem.message());
            }
        }
        for (Validation.Total total : validation.totals()) {
            if (total.template() == own && agent.isSized()) {
                within("cpus", "CPUs", total.maxCpus(), cloud.getPipelineMaxCpus(), agent.cpus() != null);
                within("mem", "MB", total.maxMem(), cloud.getPipelineMaxMem(), agent.mem() != null);
            }
        }
    }

    private Validation validate(Map<String, Object> config) throws AbortException {
        try {
            if (!NativeLibrary.isLoaded()) {
                NativeLibrary.load(cloud.getNativeLibraryPath());
            }
            return Validation.parse(NativeBridge.validate(NativeJson.write(config)));
        } catch (NativeLibraryException | NativeException | LinkageError e) {
            throw new AbortException(Messages.PipelineLimits_noLibrary(cloud.name, e.getMessage()));
        }
    }

    private void within(String field, String unit, double wanted, String limit, boolean given) throws AbortException {
        if (limit.isEmpty()) {
            return;
        }
        double most;
        try {
            most = Double.parseDouble(limit);
        } catch (NumberFormatException e) {
            throw refused(field, Messages.PipelineLimits_badLimit(cloud.name, limit));
        }
        if (wanted > most) {
            String amount = MesosFramework.amount(wanted);
            throw refused(
                    field,
                    given
                            ? Messages.PipelineLimits_tooMuch(amount, unit, cloud.name, MesosFramework.amount(most))
                            : Messages.PipelineLimits_tooMuchInherited(
                                    amount, unit, cloud.name, MesosFramework.amount(most), field));
        }
    }

    private static AbortException refused(String field, String message) {
        return new AbortException(Messages.PipelineLimits_refused(field, message));
    }
}
