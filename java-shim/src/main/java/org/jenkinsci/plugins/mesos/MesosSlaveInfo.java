package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import hudson.model.Descriptor;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.labels.LabelAtom;
import hudson.slaves.NodeProperty;
import hudson.slaves.NodePropertyDescriptor;
import hudson.util.DescribableList;
import hudson.util.FormValidation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;

/**
 * One kind of agent. Class and field names are those of the plugin's 0.x and 1.x lines, whose {@code config.xml} is
 * read and written; a field that is absent in an old file gets its default at load. Numbers are kept as the text that a
 * person typed: so nothing is lost of a file, and what is no number can be shown and explained instead of failing.
 */
public class MesosSlaveInfo extends AbstractDescribableImpl<MesosSlaveInfo> {
    static final String DEFAULT_CPUS = "0.1";
    static final String DEFAULT_MEM = "512";
    static final String DEFAULT_MIN_EXECUTORS = "1";
    static final String DEFAULT_MAX_EXECUTORS = "2";
    static final String DEFAULT_EXECUTOR_CPUS = "0.1";
    static final String DEFAULT_EXECUTOR_MEM = "128";
    static final String DEFAULT_DISK = "0.0";
    static final String DEFAULT_REMOTE_FS_ROOT = "jenkins";
    static final String DEFAULT_IDLE_MINUTES = "3";
    static final String DEFAULT_JVM_ARGS = "-Xms16m -Djava.net.preferIPv4Stack=true";
    static final String DEFAULT_JNLP_ARGS = "-noReconnect";

    private String slaveCpus;
    private String diskNeeded;
    private String slaveMem;
    private String executorCpus;
    private String minExecutors;
    private String maxExecutors;
    private String executorMem;
    private String remoteFSRoot;
    private String idleTerminationMinutes;
    private String jvmArgs;
    private String jnlpArgs;
    private boolean defaultSlave;
    private String slaveAttributesString;
    private ContainerInfo containerInfo;
    private List<URI> additionalURIs;
    private Node.Mode mode;
    private DescribableList<NodeProperty<?>, NodePropertyDescriptor> nodeProperties;
    private String labelString;

    /** How versions before 0.16 stored the attributes; read, never written. */
    private transient net.sf.json.JSONObject slaveAttributes;

    private transient String formKey;

    /**
     * @param labelString words between blanks; empty serves jobs without a label
     */
    @DataBoundConstructor
    public MesosSlaveInfo(String labelString) {
        this.labelString = Util.fixEmptyAndTrim(labelString);
        readResolve();
    }

    /** Fills in what an old file, or an incomplete form, lacks. */
    private Object readResolve() {
        slaveCpus = orElse(slaveCpus, DEFAULT_CPUS);
        diskNeeded = orElse(diskNeeded, DEFAULT_DISK);
        slaveMem = orElse(slaveMem, DEFAULT_MEM);
        executorCpus = orElse(executorCpus, DEFAULT_EXECUTOR_CPUS);
        // 0 is what files have that were written before the field existed
        minExecutors = "0".equals(minExecutors) ? DEFAULT_MIN_EXECUTORS : orElse(minExecutors, DEFAULT_MIN_EXECUTORS);
        maxExecutors = orElse(maxExecutors, DEFAULT_MAX_EXECUTORS);
        executorMem = orElse(executorMem, DEFAULT_EXECUTOR_MEM);
        remoteFSRoot = orElse(remoteFSRoot, DEFAULT_REMOTE_FS_ROOT);
        idleTerminationMinutes = orElse(idleTerminationMinutes, DEFAULT_IDLE_MINUTES);
        jvmArgs = jvmArgs == null ? DEFAULT_JVM_ARGS : jvmArgs;
        jnlpArgs = jnlpArgs == null ? DEFAULT_JNLP_ARGS : jnlpArgs;
        mode = mode == null ? Node.Mode.NORMAL : mode;
        if (slaveAttributes != null && slaveAttributesString == null && !slaveAttributes.isEmpty()) {
            slaveAttributesString = slaveAttributes.toString();
        }
        slaveAttributes = null;
        formKey = UUID.randomUUID().toString();
        return this;
    }

    private static String orElse(String value, String otherwise) {
        String trimmed = Util.fixEmptyAndTrim(value);
        return trimmed == null ? otherwise : trimmed;
    }

    public String getLabelString() {
        return labelString;
    }

    public Node.Mode getMode() {
        return mode;
    }

    @DataBoundSetter
    public void setMode(Node.Mode mode) {
        this.mode = mode == null ? Node.Mode.NORMAL : mode;
    }

    /** CPUs of the agent without its executors; from 0.001. */
    public String getSlaveCpus() {
        return slaveCpus;
    }

    @DataBoundSetter
    public void setSlaveCpus(String slaveCpus) {
        this.slaveCpus = Util.fixNull(slaveCpus).trim();
    }

    /** MB of the agent without its executors; from 1. */
    public String getSlaveMem() {
        return slaveMem;
    }

    @DataBoundSetter
    public void setSlaveMem(String slaveMem) {
        this.slaveMem = Util.fixNull(slaveMem).trim();
    }

    public String getMinExecutors() {
        return minExecutors;
    }

    @DataBoundSetter
    public void setMinExecutors(String minExecutors) {
        this.minExecutors = Util.fixNull(minExecutors).trim();
    }

    public String getMaxExecutors() {
        return maxExecutors;
    }

    @DataBoundSetter
    public void setMaxExecutors(String maxExecutors) {
        this.maxExecutors = Util.fixNull(maxExecutors).trim();
    }

    /** CPUs for each executor; from 0. */
    public String getExecutorCpus() {
        return executorCpus;
    }

    @DataBoundSetter
    public void setExecutorCpus(String executorCpus) {
        this.executorCpus = Util.fixNull(executorCpus).trim();
    }

    /** MB for each executor; from 0. */
    public String getExecutorMem() {
        return executorMem;
    }

    @DataBoundSetter
    public void setExecutorMem(String executorMem) {
        this.executorMem = Util.fixNull(executorMem).trim();
    }

    /** MB of disk; kept, not asked of Mesos yet. */
    public String getDiskNeeded() {
        return diskNeeded;
    }

    @DataBoundSetter
    public void setDiskNeeded(String diskNeeded) {
        this.diskNeeded = Util.fixNull(diskNeeded).trim();
    }

    public String getRemoteFSRoot() {
        return remoteFSRoot;
    }

    @DataBoundSetter
    public void setRemoteFSRoot(String remoteFSRoot) {
        this.remoteFSRoot = orElse(remoteFSRoot, DEFAULT_REMOTE_FS_ROOT);
    }

    /** Minutes after which an idle agent is removed; 0: never. */
    public String getIdleTerminationMinutes() {
        return idleTerminationMinutes;
    }

    @DataBoundSetter
    public void setIdleTerminationMinutes(String minutes) {
        this.idleTerminationMinutes = Util.fixNull(minutes).trim();
    }

    public String getJvmArgs() {
        return jvmArgs;
    }

    @DataBoundSetter
    public void setJvmArgs(String jvmArgs) {
        this.jvmArgs = FormText.plain(jvmArgs).trim();
    }

    public String getJnlpArgs() {
        return jnlpArgs;
    }

    @DataBoundSetter
    public void setJnlpArgs(String jnlpArgs) {
        this.jnlpArgs = FormText.plain(jnlpArgs).trim();
    }

    public boolean isDefaultSlave() {
        return defaultSlave;
    }

    @DataBoundSetter
    public void setDefaultSlave(boolean defaultSlave) {
        this.defaultSlave = defaultSlave;
    }

    /** JSON object of attribute name to text that a Mesos agent must have. */
    public String getSlaveAttributesString() {
        return slaveAttributesString;
    }

    @DataBoundSetter
    public void setSlaveAttributesString(String slaveAttributesString) {
        this.slaveAttributesString = Util.fixEmptyAndTrim(FormText.plain(slaveAttributesString));
    }

    /** Node properties each agent gets; may be empty. */
    public List<NodeProperty<?>> nodePropertyList() {
        return nodeProperties == null ? new ArrayList<>() : new ArrayList<>(nodeProperties.toList());
    }

    /** Names this template in the form, so that what the form does not show outlives its submission. */
    public String getFormKey() {
        return formKey;
    }

    @DataBoundSetter
    public void setFormKey(String formKey) {
        if (Util.fixEmptyAndTrim(formKey) != null) {
            this.formKey = formKey;
        }
    }

    /** Takes over what the form does not show. */
    void carryFrom(MesosSlaveInfo before) {
        containerInfo = before.containerInfo;
        additionalURIs = before.additionalURIs;
        nodeProperties = before.nodeProperties;
    }

    boolean isFor(Label label) {
        Set<LabelAtom> own = Label.parse(labelString);
        return label == null ? own.isEmpty() : !own.isEmpty() && label.matches(own);
    }

    /** The Template of the contract's Config. */
    Map<String, Object> toConfig() {
        Map<String, Object> template = new LinkedHashMap<>();
        template.put("label", Util.fixNull(labelString));
        template.put("mode", mode.name());
        template.put("cpus", slaveCpus);
        template.put("mem", slaveMem);
        template.put("minExecutors", minExecutors);
        template.put("maxExecutors", maxExecutors);
        template.put("executorCpus", executorCpus);
        template.put("executorMem", executorMem);
        template.put("remoteFsRoot", remoteFSRoot);
        template.put("idleTerminationMinutes", idleTerminationMinutes);
        template.put("jvmArgs", jvmArgs);
        template.put("jnlpArgs", jnlpArgs);
        template.put("attributes", slaveAttributesString);
        return template;
    }

    /** Container settings as old files have them; kept unchanged. */
    @SuppressWarnings("unused")
    public static final class ContainerInfo {
        private String type;
        private String dockerImage;
        private List<Volume> volumes;
        private List<Parameter> parameters;
        private String networking;
        private List<PortMapping> portMappings;
        private List<NetworkInfo> networkInfos;
        private Boolean useCustomDockerCommandShell;
        private String customDockerCommandShell;
        private Boolean dockerPrivilegedMode;
        private Boolean dockerForcePullImage;
        private Boolean dockerImageCustomizable;
        private Boolean isDind;

        private ContainerInfo() {}
    }

    /** A volume of a container. */
    @SuppressWarnings("unused")
    public static final class Volume {
        private String containerPath;
        private String hostPath;
        private Boolean readOnly;

        private Volume() {}
    }

    /** A parameter of the container engine. */
    @SuppressWarnings("unused")
    public static final class Parameter {
        private String key;
        private String value;

        private Parameter() {}
    }

    /** A port of a container on its host. */
    @SuppressWarnings("unused")
    public static final class PortMapping {
        private Integer containerPort;
        private Integer hostPort;
        private String protocol;
        private String description;
        private String urlFormat;

        private PortMapping() {}
    }

    /** A network that a container joins. */
    @SuppressWarnings("unused")
    public static final class NetworkInfo {
        private String networkName;

        private NetworkInfo() {}
    }

    /** A file that is fetched into the sandbox. */
    @SuppressWarnings("unused")
    public static final class URI {
        private String value;
        private Boolean executable;
        private Boolean extract;

        private URI() {}
    }

    @Extension
    public static final class DescriptorImpl extends Descriptor<MesosSlaveInfo> {
        @Override
        public String getDisplayName() {
            return Messages.MesosSlaveInfo_displayName();
        }

        /** The title of a field, for the form. */
        public String title(String field) {
            return FieldCheck.title(true, field);
        }

        public FormValidation doCheckLabelString(@QueryParameter String value) {
            return FieldCheck.template("label", Map.of("label", value));
        }

        public FormValidation doCheckSlaveCpus(@QueryParameter String value) {
            return FieldCheck.template("cpus", Map.of("cpus", value));
        }

        public FormValidation doCheckSlaveMem(@QueryParameter String value) {
            return FieldCheck.template("mem", Map.of("mem", value));
        }

        public FormValidation doCheckMinExecutors(@QueryParameter String value, @QueryParameter String maxExecutors) {
            return FieldCheck.template(
                    "minExecutors", Map.of("minExecutors", value, "maxExecutors", Util.fixNull(maxExecutors)));
        }

        public FormValidation doCheckMaxExecutors(@QueryParameter String value, @QueryParameter String minExecutors) {
            return FieldCheck.template(
                    "maxExecutors", Map.of("maxExecutors", value, "minExecutors", Util.fixNull(minExecutors)));
        }

        public FormValidation doCheckExecutorCpus(@QueryParameter String value) {
            return FieldCheck.template("executorCpus", Map.of("executorCpus", value));
        }

        public FormValidation doCheckExecutorMem(@QueryParameter String value) {
            return FieldCheck.template("executorMem", Map.of("executorMem", value));
        }

        public FormValidation doCheckRemoteFSRoot(@QueryParameter String value) {
            return FieldCheck.template("remoteFsRoot", Map.of("remoteFsRoot", value));
        }

        public FormValidation doCheckIdleTerminationMinutes(@QueryParameter String value) {
            return FieldCheck.template("idleTerminationMinutes", Map.of("idleTerminationMinutes", value));
        }

        public FormValidation doCheckJvmArgs(@QueryParameter String value) {
            return FieldCheck.template("jvmArgs", Map.of("jvmArgs", value));
        }

        public FormValidation doCheckJnlpArgs(@QueryParameter String value) {
            return FieldCheck.template("jnlpArgs", Map.of("jnlpArgs", value));
        }

        public FormValidation doCheckSlaveAttributesString(@QueryParameter String value) {
            return FieldCheck.template("attributes", Map.of("attributes", value));
        }

        public FormValidation doCheckDiskNeeded(@QueryParameter String value) {
            return FieldCheck.notNegative(value);
        }
    }
}
