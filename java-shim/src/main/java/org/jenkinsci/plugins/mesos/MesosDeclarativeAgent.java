package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.Util;
import hudson.util.ListBoxModel;
import java.util.Map;
import jenkins.model.Jenkins;
import org.jenkinsci.Symbol;
import org.jenkinsci.plugins.pipeline.modeldefinition.agent.DeclarativeAgentDescriptor;
import org.jenkinsci.plugins.pipeline.modeldefinition.agent.RetryableDeclarativeAgent;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/**
 * {@code agent { mesos { … } }} in declarative Pipelines: {@link MesosNodeStep} with a checkout as the other agents do
 * it. What it does is in Groovy scripts beside this class, as the extension point wants it.
 */
public class MesosDeclarativeAgent extends RetryableDeclarativeAgent<MesosDeclarativeAgent> {
    private static final long serialVersionUID = 1L;

    private static final String NEW_FORM =
            "org.jenkinsci.plugins.pipeline.modeldefinition.agent.DeclarativeAgentScript2";

    private String cloud;
    private String label;
    private String inheritFrom;
    private String image;
    private Double cpus;
    private Integer mem;
    private Integer disk;
    private int executors = 1;
    private boolean singleUse = true;
    private Integer idleMinutes;
    private String jvmArgs;
    private String attributes;
    private String customWorkspace;

    @DataBoundConstructor
    public MesosDeclarativeAgent() {}

    /** The arguments of {@code mesosNode}, for the script. */
    public Map<String, Object> getStepArguments() {
        PipelineAgent agent = new PipelineAgent(
                label,
                inheritFrom,
                image,
                cpus,
                mem,
                disk,
                executors == 1 ? null : executors,
                singleUse ? null : Boolean.FALSE,
                idleMinutes,
                jvmArgs,
                attributes);
        Map<String, Object> arguments = agent.toJson();
        if (cloud != null) {
            arguments.put("cloud", cloud);
        }
        return arguments;
    }

    public String getCloud() {
        return cloud;
    }

    @DataBoundSetter
    public void setCloud(String cloud) {
        this.cloud = Util.fixEmptyAndTrim(cloud);
    }

    public String getLabel() {
        return label;
    }

    @DataBoundSetter
    public void setLabel(String label) {
        this.label = Util.fixEmptyAndTrim(label);
    }

    public String getInheritFrom() {
        return inheritFrom;
    }

    @DataBoundSetter
    public void setInheritFrom(String inheritFrom) {
        this.inheritFrom = Util.fixEmptyAndTrim(inheritFrom);
    }

    public String getImage() {
        return image;
    }

    @DataBoundSetter
    public void setImage(String image) {
        this.image = Util.fixEmptyAndTrim(image);
    }

    public Double getCpus() {
        return cpus;
    }

    @DataBoundSetter
    public void setCpus(Double cpus) {
        this.cpus = cpus;
    }

    public Integer getMem() {
        return mem;
    }

    @DataBoundSetter
    public void setMem(Integer mem) {
        this.mem = mem;
    }

    public Integer getDisk() {
        return disk;
    }

    @DataBoundSetter
    public void setDisk(Integer disk) {
        this.disk = disk;
    }

    public int getExecutors() {
        return executors;
    }

    @DataBoundSetter
    public void setExecutors(int executors) {
        this.executors = executors;
    }

    public boolean isSingleUse() {
        return singleUse;
    }

    @DataBoundSetter
    public void setSingleUse(boolean singleUse) {
        this.singleUse = singleUse;
    }

    public Integer getIdleMinutes() {
        return idleMinutes;
    }

    @DataBoundSetter
    public void setIdleMinutes(Integer idleMinutes) {
        this.idleMinutes = idleMinutes;
    }

    public String getJvmArgs() {
        return jvmArgs;
    }

    @DataBoundSetter
    public void setJvmArgs(String jvmArgs) {
        this.jvmArgs = Util.fixEmptyAndTrim(FormText.plain(jvmArgs));
    }

    public String getAttributes() {
        return attributes;
    }

    @DataBoundSetter
    public void setAttributes(String attributes) {
        this.attributes = Util.fixEmptyAndTrim(FormText.plain(attributes));
    }

    /** Workspace in place of the one that Jenkins chooses; relative to the agent's folder, or absolute. */
    public String getCustomWorkspace() {
        return customWorkspace;
    }

    @DataBoundSetter
    public void setCustomWorkspace(String customWorkspace) {
        this.customWorkspace = Util.fixEmptyAndTrim(customWorkspace);
    }

    @Symbol("mesos")
    @Extension(optional = true)
    public static final class DescriptorImpl extends DeclarativeAgentDescriptor<MesosDeclarativeAgent> {
        @Override
        public String getDisplayName() {
            return Messages.MesosDeclarativeAgent_displayName();
        }

        /** The fields are those of the step, and so is their help. */
        @Override
        public String getHelpFile(String field) {
            String own = super.getHelpFile(field);
            return own != null ? own : Jenkins.get().getDescriptorOrDie(MesosNodeStep.class).getHelpFile(field);
        }

        /** Of the two forms that such a script can have, older versions of the plugin know the first one only. */
        @Override
        public String getScriptClass() {
            String form = HostTypes.isThere(NEW_FORM) ? "Script" : "OldScript";
            return MesosDeclarativeAgent.class.getName() + form;
        }

        @RequirePOST
        public ListBoxModel doFillCloudItems() {
            return MesosNodeForm.clouds();
        }
    }
}
