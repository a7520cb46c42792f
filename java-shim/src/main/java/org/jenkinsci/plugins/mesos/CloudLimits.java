package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.slaves.Cloud;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * What the agents of a cloud may take in all, and which agents Pipelines may define. Fields are written among those of
 * {@link MesosCloud}, and one that is not used is null.
 */
public abstract class CloudLimits extends Cloud {
    private String maxAgents;
    private String maxCpus;
    private String maxMem;
    private Boolean pipelineAllowed;
    private String pipelineMaxCpus;
    private String pipelineMaxMem;
    private String pipelineImages;

    CloudLimits(String name) {
        super(name);
    }

    /** Takes over all limits of another cloud. */
    final void copyLimits(CloudLimits source) {
        maxAgents = source.maxAgents;
        maxCpus = source.maxCpus;
        maxMem = source.maxMem;
        pipelineAllowed = source.pipelineAllowed;
        pipelineMaxCpus = source.pipelineMaxCpus;
        pipelineMaxMem = source.pipelineMaxMem;
        pipelineImages = source.pipelineImages;
    }

    /** Most agents of this cloud at a time; empty: any number. */
    public String getMaxAgents() {
        return Util.fixNull(maxAgents);
    }

    @DataBoundSetter
    public void setMaxAgents(String maxAgents) {
        this.maxAgents = Util.fixEmptyAndTrim(maxAgents);
    }

    /** Most CPUs that all agents of this cloud take; empty: any number. */
    public String getMaxCpus() {
        return Util.fixNull(maxCpus);
    }

    @DataBoundSetter
    public void setMaxCpus(String maxCpus) {
        this.maxCpus = Util.fixEmptyAndTrim(maxCpus);
    }

    /** Most MB that all agents of this cloud take; empty: any number. */
    public String getMaxMem() {
        return Util.fixNull(maxMem);
    }

    @DataBoundSetter
    public void setMaxMem(String maxMem) {
        this.maxMem = Util.fixEmptyAndTrim(maxMem);
    }

    /** Whether Pipelines may define agents of their own. */
    public boolean isPipelineAllowed() {
        return Boolean.TRUE.equals(pipelineAllowed);
    }

    @DataBoundSetter
    public void setPipelineAllowed(boolean pipelineAllowed) {
        this.pipelineAllowed = pipelineAllowed ? Boolean.TRUE : null;
    }

    /** Most CPUs of an agent that a Pipeline defines; empty: any number. */
    public String getPipelineMaxCpus() {
        return Util.fixNull(pipelineMaxCpus);
    }

    @DataBoundSetter
    public void setPipelineMaxCpus(String pipelineMaxCpus) {
        this.pipelineMaxCpus = Util.fixEmptyAndTrim(pipelineMaxCpus);
    }

    /** Most MB of an agent that a Pipeline defines; empty: any number. */
    public String getPipelineMaxMem() {
        return Util.fixNull(pipelineMaxMem);
    }

    @DataBoundSetter
    public void setPipelineMaxMem(String pipelineMaxMem) {
        this.pipelineMaxMem = Util.fixEmptyAndTrim(pipelineMaxMem);
    }

    /** Regular expressions of the images that a Pipeline may name, one a line; empty: none. */
    public String getPipelineImages() {
        return Util.fixNull(pipelineImages);
    }

    @DataBoundSetter
    public void setPipelineImages(String pipelineImages) {
        this.pipelineImages = Util.fixEmptyAndTrim(FormText.plain(pipelineImages));
    }
}
