package org.jenkinsci.plugins.mesos;

import com.thoughtworks.xstream.converters.UnmarshallingContext;
import com.thoughtworks.xstream.io.HierarchicalStreamReader;
import hudson.Extension;
import hudson.Util;
import hudson.model.Node;
import hudson.model.Saveable;
import hudson.slaves.NodeProperty;
import hudson.slaves.NodePropertyDescriptor;
import hudson.util.DescribableList;
import hudson.util.XStream2;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * One kind of agent. Class and field names are those of the plugin's 0.x and 1.x lines, whose {@code config.xml} is
 * read and written; a field that is absent in an old file gets its default at load. Numbers are kept as the text that a
 * person typed: so nothing is lost of a file, and what is no number can be shown and explained instead of failing.
 */
public class MesosSlaveInfo extends PlacementSettings {
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
    /** Older versions had {@code -noReconnect}, which no agent is given any more. */
    static final String DEFAULT_JNLP_ARGS = "";

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
    private ContainerInfo containerInfo;
    private ExternalContainerInfo externalContainerInfo;
    private List<URI> additionalURIs;
    private Node.Mode mode;
    private DescribableList<NodeProperty<?>, NodePropertyDescriptor> nodeProperties;
    private String labelString;

    // The fields below came with 3.0. One that is not used is null, so that it is not written: an older version that
    // reads the file again then finds only what it knows.
    private String templateName;
    private String inheritFrom;
    private Boolean singleUse;
    private String maxBuilds;
    private String maxHours;
    private String maxAgents;
    private String maxCpus;
    private String maxMem;
    private String launchTimeout;
    private String jvmOverheadPercent;
    private List<EnvironmentVariable> environment;
    private String allowedFolders;
    private String allowedJobs;

    private transient String formKey;

    /**
     * @param labelString words between blanks; empty serves jobs without a label
     */
    @DataBoundConstructor
    public MesosSlaveInfo(String labelString) {
        this.labelString = Util.fixEmptyAndTrim(labelString);
        mode = Node.Mode.NORMAL;
        formKey = UUID.randomUUID().toString();
    }

    /** Fills in what an old file lacks. */
    private Object readResolve() {
        labelString = Util.fixEmptyAndTrim(labelString);
        mode = mode == null ? Node.Mode.NORMAL : mode;
        // 0 is what files have that were written before the field existed
        minExecutors = "0".equals(minExecutors) ? null : minExecutors;
        formKey = UUID.randomUUID().toString();
        slaveCpus = Util.fixEmptyAndTrim(slaveCpus);
        diskNeeded = Util.fixEmptyAndTrim(diskNeeded);
        slaveMem = Util.fixEmptyAndTrim(slaveMem);
        executorCpus = Util.fixEmptyAndTrim(executorCpus);
        minExecutors = Util.fixEmptyAndTrim(minExecutors);
        maxExecutors = Util.fixEmptyAndTrim(maxExecutors);
        executorMem = Util.fixEmptyAndTrim(executorMem);
        remoteFSRoot = Util.fixEmptyAndTrim(remoteFSRoot);
        idleTerminationMinutes = Util.fixEmptyAndTrim(idleTerminationMinutes);
        complete();
        return this;
    }

    /**
     * Writes the defaults into fields that nobody set, so that a saved file has all of them, as those of older versions
     * do. A template that inherits keeps them empty: there, empty stands for the value of the other template.
     */
    final void complete() {
        if (inherits()) {
            return;
        }
        slaveCpus = getSlaveCpus();
        diskNeeded = getDiskNeeded();
        slaveMem = getSlaveMem();
        executorCpus = getExecutorCpus();
        minExecutors = getMinExecutors();
        maxExecutors = getMaxExecutors();
        executorMem = getExecutorMem();
        remoteFSRoot = getRemoteFSRoot();
        idleTerminationMinutes = getIdleTerminationMinutes();
        jvmArgs = getJvmArgs();
        jnlpArgs = getJnlpArgs();
    }

    /** The default of a field that nobody set; empty where another template gives it. */
    private String valueOr(String otherwise, String value) {
        if (value != null) {
            return value;
        }
        return inherits() ? "" : otherwise;
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

    /** A name by which other templates and Pipelines refer to this one; empty: its label. Unique in its cloud. */
    public String getTemplateName() {
        return Util.fixNull(templateName);
    }

    @DataBoundSetter
    public void setTemplateName(String templateName) {
        this.templateName = Util.fixEmptyAndTrim(FormText.plain(templateName));
    }

    /** What a template is known by in its cloud: its name, or else its whole label string; empty without both. */
    public String key() {
        return templateName == null ? Util.fixNull(labelString) : templateName;
    }

    /** The {@link #key} of the template whose values stand for those that are empty here; may be empty. */
    public String getInheritFrom() {
        return Util.fixNull(inheritFrom);
    }

    @DataBoundSetter
    public void setInheritFrom(String inheritFrom) {
        this.inheritFrom = Util.fixEmptyAndTrim(FormText.plain(inheritFrom));
    }

    /** Whether another template gives the values that are empty here. */
    public boolean inherits() {
        return inheritFrom != null;
    }

    /** CPUs of the agent without its executors; from 0.001. */
    public String getSlaveCpus() {
        return valueOr(DEFAULT_CPUS, slaveCpus);
    }

    @DataBoundSetter
    public void setSlaveCpus(String slaveCpus) {
        this.slaveCpus = Util.fixEmptyAndTrim(slaveCpus);
    }

    /** MB of the agent without its executors; from 1. */
    public String getSlaveMem() {
        return valueOr(DEFAULT_MEM, slaveMem);
    }

    @DataBoundSetter
    public void setSlaveMem(String slaveMem) {
        this.slaveMem = Util.fixEmptyAndTrim(slaveMem);
    }

    public String getMinExecutors() {
        return valueOr(DEFAULT_MIN_EXECUTORS, minExecutors);
    }

    @DataBoundSetter
    public void setMinExecutors(String minExecutors) {
        this.minExecutors = Util.fixEmptyAndTrim(minExecutors);
    }

    public String getMaxExecutors() {
        return valueOr(DEFAULT_MAX_EXECUTORS, maxExecutors);
    }

    @DataBoundSetter
    public void setMaxExecutors(String maxExecutors) {
        this.maxExecutors = Util.fixEmptyAndTrim(maxExecutors);
    }

    /** CPUs for each executor; from 0. */
    public String getExecutorCpus() {
        return valueOr(DEFAULT_EXECUTOR_CPUS, executorCpus);
    }

    @DataBoundSetter
    public void setExecutorCpus(String executorCpus) {
        this.executorCpus = Util.fixEmptyAndTrim(executorCpus);
    }

    /** MB for each executor; from 0. */
    public String getExecutorMem() {
        return valueOr(DEFAULT_EXECUTOR_MEM, executorMem);
    }

    @DataBoundSetter
    public void setExecutorMem(String executorMem) {
        this.executorMem = Util.fixEmptyAndTrim(executorMem);
    }

    /** MB of disk; from 0. */
    public String getDiskNeeded() {
        return valueOr(DEFAULT_DISK, diskNeeded);
    }

    @DataBoundSetter
    public void setDiskNeeded(String diskNeeded) {
        this.diskNeeded = Util.fixEmptyAndTrim(diskNeeded);
    }

    /** The agent's folder; relative to the sandbox of its task. */
    public String getRemoteFSRoot() {
        return valueOr(DEFAULT_REMOTE_FS_ROOT, remoteFSRoot);
    }

    @DataBoundSetter
    public void setRemoteFSRoot(String remoteFSRoot) {
        this.remoteFSRoot = Util.fixEmptyAndTrim(remoteFSRoot);
    }

    /** Minutes after which an idle agent is removed; 0: never. */
    public String getIdleTerminationMinutes() {
        return valueOr(DEFAULT_IDLE_MINUTES, idleTerminationMinutes);
    }

    @DataBoundSetter
    public void setIdleTerminationMinutes(String idleTerminationMinutes) {
        this.idleTerminationMinutes = Util.fixEmptyAndTrim(idleTerminationMinutes);
    }

    /** Words for the JVM of the agent. */
    public String getJvmArgs() {
        return valueOr(DEFAULT_JVM_ARGS, jvmArgs);
    }

    @DataBoundSetter
    public void setJvmArgs(String jvmArgs) {
        this.jvmArgs = FormText.plain(jvmArgs).trim();
    }

    /** Words for the agent's program. */
    public String getJnlpArgs() {
        return valueOr(DEFAULT_JNLP_ARGS, jnlpArgs);
    }

    @DataBoundSetter
    public void setJnlpArgs(String jnlpArgs) {
        this.jnlpArgs = FormText.plain(jnlpArgs).trim();
    }

    /** Whether jobs without a label run on agents of this template. */
    public boolean isDefaultSlave() {
        return defaultSlave;
    }

    @DataBoundSetter
    public void setDefaultSlave(boolean defaultSlave) {
        this.defaultSlave = defaultSlave;
    }

    /** Whether an agent takes one build and is ended after it. */
    public boolean isSingleUse() {
        return Boolean.TRUE.equals(singleUse);
    }

    @DataBoundSetter
    public void setSingleUse(boolean singleUse) {
        this.singleUse = singleUse ? Boolean.TRUE : null;
    }

    /** Builds after which an agent is ended; empty or 0: any number. */
    public String getMaxBuilds() {
        return Util.fixNull(maxBuilds);
    }

    @DataBoundSetter
    public void setMaxBuilds(String maxBuilds) {
        this.maxBuilds = Util.fixEmptyAndTrim(maxBuilds);
    }

    /** Hours after which an agent takes no more builds; empty or 0: any number. */
    public String getMaxHours() {
        return Util.fixNull(maxHours);
    }

    @DataBoundSetter
    public void setMaxHours(String maxHours) {
        this.maxHours = Util.fixEmptyAndTrim(maxHours);
    }

    /** Most agents of this template at a time; empty: any number. */
    public String getMaxAgents() {
        return Util.fixNull(maxAgents);
    }

    @DataBoundSetter
    public void setMaxAgents(String maxAgents) {
        this.maxAgents = Util.fixEmptyAndTrim(maxAgents);
    }

    /** Most CPUs that all agents of this template take; empty: any number. */
    public String getMaxCpus() {
        return Util.fixNull(maxCpus);
    }

    @DataBoundSetter
    public void setMaxCpus(String maxCpus) {
        this.maxCpus = Util.fixEmptyAndTrim(maxCpus);
    }

    /** Most MB that all agents of this template take; empty: any number. */
    public String getMaxMem() {
        return Util.fixNull(maxMem);
    }

    @DataBoundSetter
    public void setMaxMem(String maxMem) {
        this.maxMem = Util.fixEmptyAndTrim(maxMem);
    }

    /** Percent of the agent's memory that are left out of its heap, 0 to 90; empty: 0. */
    public String getJvmOverheadPercent() {
        return Util.fixNull(jvmOverheadPercent);
    }

    @DataBoundSetter
    public void setJvmOverheadPercent(String jvmOverheadPercent) {
        this.jvmOverheadPercent = Util.fixEmptyAndTrim(jvmOverheadPercent);
    }

    /** Seconds within which an agent must run; empty: as the cloud says. */
    public String getLaunchTimeout() {
        return Util.fixNull(launchTimeout);
    }

    @DataBoundSetter
    public void setLaunchTimeout(String launchTimeout) {
        this.launchTimeout = Util.fixEmptyAndTrim(launchTimeout);
    }

    /** Variables of the agent's process. */
    public List<EnvironmentVariable> getEnvironment() {
        return environment == null ? new ArrayList<>() : new ArrayList<>(environment);
    }

    @DataBoundSetter
    public void setEnvironment(List<EnvironmentVariable> environment) {
        this.environment = environment == null || environment.isEmpty() ? null : new ArrayList<>(environment);
    }

    /** Full names of the folders whose jobs may use this template, one a line; empty: all. */
    public String getAllowedFolders() {
        return Util.fixNull(allowedFolders);
    }

    @DataBoundSetter
    public void setAllowedFolders(String allowedFolders) {
        this.allowedFolders = Util.fixEmptyAndTrim(allowedFolders);
    }

    /** Regular expression of the full names of the jobs that may use this template; empty: all. */
    public String getAllowedJobs() {
        return Util.fixNull(allowedJobs);
    }

    @DataBoundSetter
    public void setAllowedJobs(String allowedJobs) {
        this.allowedJobs = Util.fixEmptyAndTrim(FormText.plain(allowedJobs));
    }

    /** The container that agents run in; null: none. */
    public ContainerInfo getContainerInfo() {
        return containerInfo;
    }

    @DataBoundSetter
    public void setContainerInfo(ContainerInfo containerInfo) {
        this.containerInfo = containerInfo;
    }

    /** What versions up to 0.10 gave to Mesos's external containerizer; null: nothing. */
    public ExternalContainerInfo getExternalContainerInfo() {
        return externalContainerInfo;
    }

    /** For a file of 0.4, which had image and options in the template. */
    void keepExternalContainer(String image, String options) {
        externalContainerInfo = new ExternalContainerInfo(image, options);
    }

    /** Files that Mesos fetches into the sandbox of each agent. */
    public List<URI> getAdditionalURIs() {
        return additionalURIs == null ? new ArrayList<>() : new ArrayList<>(additionalURIs);
    }

    @DataBoundSetter
    public void setAdditionalURIs(List<URI> additionalURIs) {
        this.additionalURIs = additionalURIs == null ? null : new ArrayList<>(additionalURIs);
    }

    /** Node properties each agent gets; may be empty. */
    public List<NodeProperty<?>> getNodeProperties() {
        return nodeProperties == null ? new ArrayList<>() : new ArrayList<>(nodeProperties.toList());
    }

    @DataBoundSetter
    public void setNodeProperties(List<? extends NodeProperty<?>> nodeProperties) {
        this.nodeProperties = new DescribableList<>(Saveable.NOOP, nodeProperties == null ? List.of() : nodeProperties);
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
        externalContainerInfo = before.externalContainerInfo;
    }

    /** For the native library. */
    Map<String, Object> toConfig() {
        return ContractConfig.of(this);
    }

    // The classes below are nested for the names of their elements in old files, such as MesosSlaveInfo_-URI.

    /** The container that agents run in. */
    public static class ContainerInfo extends ContainerSettings {
        @DataBoundConstructor
        public ContainerInfo(String dockerImage) {
            super(dockerImage);
        }

        @Extension
        public static final class DescriptorImpl extends ContainerForm {
            @Override
            public String getDisplayName() {
                return Messages.ContainerSettings_displayName();
            }
        }
    }

    /** A volume of a container. */
    public static class Volume extends ContainerVolume {
        @DataBoundConstructor
        public Volume(String containerPath) {
            super(containerPath);
        }

        @Extension
        public static final class DescriptorImpl extends VolumeForm {
            @Override
            public String getDisplayName() {
                return Messages.ContainerVolume_displayName();
            }
        }
    }

    /** A parameter of the container engine. */
    public static class Parameter extends ContainerParameter {
        @DataBoundConstructor
        public Parameter(String key) {
            super(key);
        }

        @Extension
        public static final class DescriptorImpl extends ParameterForm {
            @Override
            public String getDisplayName() {
                return Messages.ContainerParameter_displayName();
            }
        }
    }

    /** A port of a container on its host. */
    public static class PortMapping extends ContainerPort {
        @DataBoundConstructor
        public PortMapping(String containerPort) {
            super(containerPort);
        }

        @Extension
        public static final class DescriptorImpl extends PortForm {
            @Override
            public String getDisplayName() {
                return Messages.ContainerPort_displayName();
            }
        }
    }

    /** A network that a container joins. */
    public static class NetworkInfo extends ContainerNetwork {
        @DataBoundConstructor
        public NetworkInfo(String networkName) {
            super(networkName);
        }

        @Extension
        public static final class DescriptorImpl extends NetworkForm {
            @Override
            public String getDisplayName() {
                return Messages.ContainerNetwork_displayName();
            }
        }
    }

    /** A file that is fetched into the sandbox. */
    public static class URI extends FetchedFile {
        @DataBoundConstructor
        public URI(String value) {
            super(value);
        }

        @Extension
        public static final class DescriptorImpl extends FetchedFileForm {
            @Override
            public String getDisplayName() {
                return Messages.FetchedFile_displayName();
            }
        }
    }

    /** A container of versions up to 0.10. */
    public static class ExternalContainerInfo extends ExternalContainer {
        public ExternalContainerInfo(String image, String options) {
            super(image, options);
        }
    }

    /** Reads also what older versions wrote; the host finds it by its name. */
    public static final class ConverterImpl extends XStream2.PassthruConverter<MesosSlaveInfo> {
        public ConverterImpl(XStream2 xstream) {
            super(xstream);
        }

        @Override
        public Object unmarshal(HierarchicalStreamReader reader, UnmarshallingContext context) {
            KeepingReader keeping = new KeepingReader(reader, OldTemplate.ELEMENTS);
            MesosSlaveInfo template = (MesosSlaveInfo) super.unmarshal(keeping, context);
            OldTemplate.restore(template, keeping.kept());
            return template;
        }

        @Override
        protected void callback(MesosSlaveInfo template, UnmarshallingContext context) {
            // what was kept is not known here
        }
    }

    @Extension
    public static final class DescriptorImpl extends TemplateForm {
        @Override
        public String getDisplayName() {
            return Messages.MesosSlaveInfo_displayName();
        }
    }
}
