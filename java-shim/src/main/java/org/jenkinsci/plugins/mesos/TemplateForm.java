package org.jenkinsci.plugins.mesos;

import hudson.RelativePath;
import hudson.Util;
import hudson.model.Node;
import hudson.model.Saveable;
import hudson.slaves.NodeProperty;
import hudson.slaves.NodePropertyDescriptor;
import hudson.util.ComboBoxModel;
import hudson.util.DescribableList;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a template asks while it is filled in. */
public abstract class TemplateForm extends FieldDescriptor<MesosSlaveInfo> {
    /** For a new template; a saved one that has none keeps none. */
    public String getDefaultJvmArgs() {
        return MesosSlaveInfo.DEFAULT_JVM_ARGS;
    }

    /** For a new template; a saved one that has none keeps none. */
    public String getDefaultJnlpArgs() {
        return MesosSlaveInfo.DEFAULT_JNLP_ARGS;
    }

    /** The node properties that an agent may have. */
    public List<NodePropertyDescriptor> getNodePropertyDescriptors() {
        List<NodePropertyDescriptor> applicable = new ArrayList<>();
        for (NodePropertyDescriptor each : NodeProperty.all()) {
            if (each.isApplicable(MesosSlave.class)) {
                applicable.add(each);
            }
        }
        return applicable;
    }

    /** The node properties of a template, to be looked up by their descriptors. */
    public DescribableList<NodeProperty<?>, NodePropertyDescriptor> nodePropertiesOf(MesosSlaveInfo template) {
        return new DescribableList<>(Saveable.NOOP, template == null ? List.of() : template.getNodeProperties());
    }

    @RequirePOST
    public FormValidation doCheckLabelString(@QueryParameter String value) {
        return FieldCheck.template("label", Map.of("label", value));
    }

    @RequirePOST
    public FormValidation doCheckTemplateName(@QueryParameter String value) {
        return FieldCheck.template("name", Map.of("name", value));
    }

    /** Looks among the saved templates; one that was added a moment ago need not be there. */
    @RequirePOST
    public FormValidation doCheckInheritFrom(
            @QueryParameter String value, @QueryParameter @RelativePath("..") String cloudID) {
        String name = Util.fixEmptyAndTrim(value);
        if (name == null
                || !FieldCheck.mayConfigure()
                || FieldCheck.templatesOf(cloudID).stream().anyMatch(each -> each.key().equals(name))) {
            return FormValidation.ok();
        }
        return FormValidation.warning(Messages.TemplateForm_unknownParent(name));
    }

    /** The names of the saved templates of the form's cloud. */
    @RequirePOST
    public ComboBoxModel doFillInheritFromItems(@QueryParameter @RelativePath("..") String cloudID) {
        ComboBoxModel names = new ComboBoxModel();
        for (MesosSlaveInfo each : FieldCheck.templatesOf(cloudID)) {
            if (!each.key().isEmpty()) {
                names.add(each.key());
            }
        }
        return names;
    }

    @RequirePOST
    public ListBoxModel doFillModeItems() {
        ListBoxModel modes = new ListBoxModel();
        for (Node.Mode each : Node.Mode.values()) {
            modes.add(each.getDescription(), each.name());
        }
        return modes;
    }

    @RequirePOST
    public FormValidation doCheckSlaveCpus(@QueryParameter String value) {
        return FieldCheck.template("cpus", Map.of("cpus", value));
    }

    @RequirePOST
    public FormValidation doCheckSlaveMem(@QueryParameter String value) {
        return FieldCheck.template("mem", Map.of("mem", value));
    }

    @RequirePOST
    public FormValidation doCheckJvmOverheadPercent(@QueryParameter String value) {
        return FieldCheck.template("memOverheadPercent", Map.of("memOverheadPercent", value));
    }

    @RequirePOST
    public FormValidation doCheckMinExecutors(@QueryParameter String value, @QueryParameter String maxExecutors) {
        return FieldCheck.template(
                "minExecutors", Map.of("minExecutors", value, "maxExecutors", Util.fixNull(maxExecutors)));
    }

    @RequirePOST
    public FormValidation doCheckMaxExecutors(@QueryParameter String value, @QueryParameter String minExecutors) {
        return FieldCheck.template(
                "maxExecutors", Map.of("maxExecutors", value, "minExecutors", Util.fixNull(minExecutors)));
    }

    @RequirePOST
    public FormValidation doCheckExecutorCpus(@QueryParameter String value) {
        return FieldCheck.template("executorCpus", Map.of("executorCpus", value));
    }

    @RequirePOST
    public FormValidation doCheckExecutorMem(@QueryParameter String value) {
        return FieldCheck.template("executorMem", Map.of("executorMem", value));
    }

    @RequirePOST
    public FormValidation doCheckDiskNeeded(@QueryParameter String value) {
        return FieldCheck.template("disk", Map.of("disk", value));
    }

    /** No field of its own, but what the fields above come to; the page asks anew when one of them changes. */
    @RequirePOST
    public FormValidation doCheckSummary(
            @QueryParameter String slaveCpus,
            @QueryParameter String slaveMem,
            @QueryParameter String minExecutors,
            @QueryParameter String maxExecutors,
            @QueryParameter String executorCpus,
            @QueryParameter String executorMem,
            @QueryParameter String diskNeeded,
            @QueryParameter String inheritFrom,
            @QueryParameter boolean singleUse,
            @QueryParameter @RelativePath("..") String cloudID) {
        Map<String, Object> template = new HashMap<>();
        template.put("cpus", Util.fixEmptyAndTrim(slaveCpus));
        template.put("mem", Util.fixEmptyAndTrim(slaveMem));
        template.put("minExecutors", singleUse ? "1" : Util.fixEmptyAndTrim(minExecutors));
        template.put("maxExecutors", singleUse ? "1" : Util.fixEmptyAndTrim(maxExecutors));
        template.put("executorCpus", Util.fixEmptyAndTrim(executorCpus));
        template.put("executorMem", Util.fixEmptyAndTrim(executorMem));
        template.put("disk", Util.fixEmptyAndTrim(diskNeeded));
        template.put("inheritFrom", Util.fixEmptyAndTrim(inheritFrom));
        template.put("singleUse", singleUse);
        // absent: the default, or what is inherited
        template.values().removeIf(Objects::isNull);
        return AgentSize.of(template, cloudID);
    }

    @RequirePOST
    public FormValidation doCheckRemoteFSRoot(@QueryParameter String value) {
        return FieldCheck.template("remoteFsRoot", Map.of("remoteFsRoot", value));
    }

    @RequirePOST
    public FormValidation doCheckIdleTerminationMinutes(@QueryParameter String value) {
        return FieldCheck.template("idleTerminationMinutes", Map.of("idleTerminationMinutes", value));
    }

    @RequirePOST
    public FormValidation doCheckLaunchTimeout(@QueryParameter String value) {
        return FieldCheck.template("launchTimeoutSeconds", Map.of("launchTimeoutSeconds", value));
    }

    @RequirePOST
    public FormValidation doCheckJvmArgs(@QueryParameter String value) {
        return FieldCheck.template("jvmArgs", Map.of("jvmArgs", value));
    }

    @RequirePOST
    public FormValidation doCheckJnlpArgs(@QueryParameter String value) {
        return FieldCheck.template("jnlpArgs", Map.of("jnlpArgs", value));
    }

    @RequirePOST
    public ListBoxModel doFillAgentCommandStyleItems() {
        ListBoxModel styles = new ListBoxModel();
        styles.add(Messages.TemplateForm_styleDefault(), "");
        styles.add("Linux", "Linux");
        styles.add("Windows", "Windows");
        return styles;
    }

    /** By GET too: the old host cannot check a text area otherwise, and only the text itself is looked at. */
    public FormValidation doCheckConstraints(@QueryParameter String value) {
        return FieldCheck.template("constraints", Map.of("constraints", value));
    }

    @RequirePOST
    public FormValidation doCheckPriority(@QueryParameter String value) {
        return FieldCheck.template("priority", Map.of("priority", value));
    }

    @RequirePOST
    public FormValidation doCheckGpus(@QueryParameter String value) {
        return FieldCheck.template("gpus", Map.of("gpus", value));
    }

    /** By GET too: the old host cannot check a text area otherwise, and only the text itself is looked at. */
    public FormValidation doCheckResources(@QueryParameter String value) {
        return FieldCheck.template("resources", Map.of("resources", value));
    }

    @RequirePOST
    public FormValidation doCheckSlaveAttributesString(@QueryParameter String value) {
        return FieldCheck.template("attributes", Map.of("attributes", value));
    }

    @RequirePOST
    public ListBoxModel doFillDomainItems() {
        ListBoxModel domains = new ListBoxModel();
        domains.add(Messages.TemplateForm_domainDefault(), "");
        domains.add(Messages.TemplateForm_domainAny(), "any");
        domains.add(Messages.TemplateForm_domainHome(), "home");
        domains.add(Messages.TemplateForm_domainMatch(), "match");
        return domains;
    }

    @RequirePOST
    public FormValidation doCheckRegion(
            @QueryParameter String value, @QueryParameter String domain, @QueryParameter String zone) {
        Map<String, String> filter = new HashMap<>();
        filter.put("mode", Util.fixEmptyAndTrim(domain) == null ? "any" : domain);
        filter.put("region", Util.fixEmptyAndTrim(value));
        filter.put("zone", Util.fixEmptyAndTrim(zone));
        return FieldCheck.within("domain.region", filter);
    }

    @RequirePOST
    public FormValidation doCheckMaxBuilds(@QueryParameter String value) {
        return FieldCheck.template("maxBuilds", Map.of("maxBuilds", value));
    }

    @RequirePOST
    public FormValidation doCheckMaxHours(@QueryParameter String value) {
        return FieldCheck.template("maxHours", Map.of("maxHours", value));
    }

    @RequirePOST
    public FormValidation doCheckMaxAgents(@QueryParameter String value) {
        return FieldCheck.template("maxAgents", Map.of("maxAgents", value));
    }

    @RequirePOST
    public FormValidation doCheckMaxCpus(@QueryParameter String value) {
        return FieldCheck.template("maxCpus", Map.of("maxCpus", value));
    }

    @RequirePOST
    public FormValidation doCheckMaxMem(@QueryParameter String value) {
        return FieldCheck.template("maxMem", Map.of("maxMem", value));
    }

    /** By GET too: the old host cannot check a text area otherwise, and only the text itself is looked at. */
    public FormValidation doCheckAllowedFolders(@QueryParameter String value) {
        return TextRules.answer(TextRules.folders(value));
    }

    @RequirePOST
    public FormValidation doCheckAllowedJobs(@QueryParameter String value) {
        return TextRules.answer(TextRules.expression(value));
    }
}
