package org.jenkinsci.plugins.mesos;

import hudson.AbortException;
import hudson.Extension;
import hudson.Util;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.slaves.Cloud;
import hudson.util.ListBoxModel;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.jenkinsci.plugins.workflow.support.steps.ExecutorStep;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/**
 * {@code mesosNode(cpus: 2, mem: 2048) { … }}: defines an agent, within limits that the administrator sets on the
 * cloud, and runs its body there. The running is left to the {@code node} step, under a label that no other build has:
 * so restarts, retries and logs are Jenkins's own.
 */
public class MesosNodeStep extends Step {
    /** What agents are called where the Pipeline does not say. */
    private static final String DEFAULT_LABEL = "mesos-node";

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

    @DataBoundConstructor
    public MesosNodeStep() {}

    /** Name of the Mesos cloud; empty: the first that lets Pipelines define agents and has the inherited template. */
    public String getCloud() {
        return cloud;
    }

    @DataBoundSetter
    public void setCloud(String cloud) {
        this.cloud = Util.fixEmptyAndTrim(cloud);
    }

    /** A word to know the agents by; at most 32 letters, digits, dots, dashes and underscores. */
    public String getLabel() {
        return label;
    }

    @DataBoundSetter
    public void setLabel(String label) {
        this.label = Util.fixEmptyAndTrim(label);
    }

    /** Name, or label, of the cloud's template whose values stand for what is not said here. */
    public String getInheritFrom() {
        return inheritFrom;
    }

    @DataBoundSetter
    public void setInheritFrom(String inheritFrom) {
        this.inheritFrom = Util.fixEmptyAndTrim(inheritFrom);
    }

    /** Image of the container that the agent runs in. */
    public String getImage() {
        return image;
    }

    @DataBoundSetter
    public void setImage(String image) {
        this.image = Util.fixEmptyAndTrim(image);
    }

    /** CPUs of the whole agent, from 0.001. */
    public Double getCpus() {
        return cpus;
    }

    @DataBoundSetter
    public void setCpus(Double cpus) {
        this.cpus = cpus;
    }

    /** MB of the whole agent, from 1. */
    public Integer getMem() {
        return mem;
    }

    @DataBoundSetter
    public void setMem(Integer mem) {
        this.mem = mem;
    }

    /** MB of disk that Mesos reserves, from 0. */
    public Integer getDisk() {
        return disk;
    }

    @DataBoundSetter
    public void setDisk(Integer disk) {
        this.disk = disk;
    }

    /** Executors of the agent, from 1; more than one only for an agent that is not for single use. */
    public int getExecutors() {
        return executors;
    }

    @DataBoundSetter
    public void setExecutors(int executors) {
        this.executors = executors;
    }

    /**
     * True: the agent ends with the body. False: steps of the same build that ask for the same agent share it, until it
     * was idle for the idle minutes.
     */
    public boolean isSingleUse() {
        return singleUse;
    }

    @DataBoundSetter
    public void setSingleUse(boolean singleUse) {
        this.singleUse = singleUse;
    }

    /** Minutes for which an agent that is not for single use waits for the next step; from 0, which is for ever. */
    public Integer getIdleMinutes() {
        return idleMinutes;
    }

    @DataBoundSetter
    public void setIdleMinutes(Integer idleMinutes) {
        this.idleMinutes = idleMinutes;
    }

    /** Arguments of the agent's Java. */
    public String getJvmArgs() {
        return jvmArgs;
    }

    @DataBoundSetter
    public void setJvmArgs(String jvmArgs) {
        this.jvmArgs = Util.fixEmptyAndTrim(FormText.plain(jvmArgs));
    }

    /** JSON object of attribute name to text that the Mesos agent must have. */
    public String getAttributes() {
        return attributes;
    }

    @DataBoundSetter
    public void setAttributes(String attributes) {
        this.attributes = Util.fixEmptyAndTrim(FormText.plain(attributes));
    }

    @Override
    public StepExecution start(StepContext context) throws Exception {
        Run<?, ?> build = context.get(Run.class);
        PipelineAgent agent = new PipelineAgent(
                label, inheritFrom, image, cpus, mem, disk, executors, singleUse, idleMinutes, jvmArgs, attributes);
        MesosCloud from = cloudFor();
        new PipelineLimits(from, agent).check(build.getParent().getFullName());
        String ownLabel = define(from, agent, build, context.get(FlowNode.class));
        context.get(TaskListener.class).getLogger().println(Messages.MesosNodeStep_defined(ownLabel, from.name));
        return new ExecutorStep(ownLabel).start(context);
    }

    private MesosCloud cloudFor() throws AbortException {
        MesosCloud first = null;
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud mesos && (cloud == null || cloud.equals(mesos.name))) {
                boolean has = inheritFrom == null || !mesos.templates().withParents(inheritFrom).isEmpty();
                if (mesos.isPipelineAllowed() && has) {
                    return mesos;
                }
                // the nearest to what is wanted, to say what is wrong with it
                first = first == null || mesos.isPipelineAllowed() && !first.isPipelineAllowed() ? mesos : first;
            }
        }
        if (first == null) {
            throw new AbortException(
                    cloud == null ? Messages.MesosNodeStep_noCloud() : Messages.MesosNodeStep_noSuchCloud(cloud));
        }
        return first;
    }

    private static String define(MesosCloud cloud, PipelineAgent agent, Run<?, ?> build, FlowNode step)
            throws AbortException {
        String word = agent.label() == null ? DEFAULT_LABEL : agent.label();
        PipelineTemplate wanted = new PipelineTemplate(
                cloud.getCloudID(),
                PipelineTemplates.newLabel(word),
                build.getExternalizableId(),
                step.getId(),
                agent);
        try {
            PipelineTemplate template = PipelineTemplates.add(wanted);
            MesosFrameworks.reconcileSoon();
            return template.label();
        } catch (IOException e) {
            throw new AbortException(Messages.MesosNodeStep_notKept(e.getMessage()));
        }
    }

    @Extension(optional = true)
    public static final class DescriptorImpl extends StepDescriptor {
        @Override
        public String getFunctionName() {
            return "mesosNode";
        }

        @Override
        public String getDisplayName() {
            return Messages.MesosNodeStep_displayName();
        }

        @Override
        public boolean takesImplicitBlockArgument() {
            return true;
        }

        @Override
        public Set<? extends Class<?>> getRequiredContext() {
            Set<Class<?>> required = new LinkedHashSet<>(node().getRequiredContext());
            required.addAll(Set.of(Run.class, FlowNode.class, TaskListener.class));
            return required;
        }

        @Override
        public Set<? extends Class<?>> getProvidedContext() {
            return node().getProvidedContext();
        }

        private static StepDescriptor node() {
            return (StepDescriptor) Jenkins.get().getDescriptorOrDie(ExecutorStep.class);
        }

        /** What stands beside the step in the list of steps. */
        @Override
        public String argumentsToString(Map<String, Object> arguments) {
            return arguments.entrySet().stream()
                    .map(each -> each.getKey() + ": " + each.getValue())
                    .collect(Collectors.joining(", "));
        }

        @RequirePOST
        public ListBoxModel doFillCloudItems() {
            return MesosNodeForm.clouds();
        }
    }
}
