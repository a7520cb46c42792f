package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * What a template says about the hosts of its agents: which will do, what they must have besides CPUs, memory and disk,
 * and who goes first. Fields are written among those of {@link MesosSlaveInfo}, and one that is not used is null.
 */
public abstract class PlacementSettings extends AbstractDescribableImpl<MesosSlaveInfo> {
    private String slaveAttributesString;
    private String constraints;
    private String priority;
    private String gpus;
    private String resources;
    private Boolean revocable;
    private String domain;
    private String region;
    private String zone;
    private String agentCommandStyle;

    /** JSON object of attribute name to text that a Mesos agent must have. */
    public String getSlaveAttributesString() {
        return slaveAttributesString;
    }

    @DataBoundSetter
    public void setSlaveAttributesString(String slaveAttributesString) {
        this.slaveAttributesString = Util.fixEmptyAndTrim(FormText.plain(slaveAttributesString));
    }

    /** What else a Mesos agent must be and have, one constraint a line; empty: anything. */
    public String getConstraints() {
        return Util.fixNull(constraints);
    }

    @DataBoundSetter
    public void setConstraints(String constraints) {
        this.constraints = Util.fixEmptyAndTrim(constraints);
    }

    /** Agents of templates with a higher one are placed first; empty: 0. */
    public String getPriority() {
        return Util.fixNull(priority);
    }

    @DataBoundSetter
    public void setPriority(String priority) {
        this.priority = Util.fixEmptyAndTrim(priority);
    }

    /** Whole GPUs of an agent; empty: none. */
    public String getGpus() {
        return Util.fixNull(gpus);
    }

    @DataBoundSetter
    public void setGpus(String gpus) {
        this.gpus = Util.fixEmptyAndTrim(gpus);
    }

    /** Resources of other names, one a line; empty: none. */
    public String getResources() {
        return Util.fixNull(resources);
    }

    @DataBoundSetter
    public void setResources(String resources) {
        this.resources = Util.fixEmptyAndTrim(resources);
    }

    /** Whether resources will do that Mesos may take back at any time. */
    public boolean isRevocable() {
        return Boolean.TRUE.equals(revocable);
    }

    @DataBoundSetter
    public void setRevocable(boolean revocable) {
        this.revocable = revocable ? Boolean.TRUE : null;
    }

    /** Fault domain: {@code any}, {@code home} (the region of the master) or {@code match}; empty: home. */
    public String getDomain() {
        return Util.fixNull(domain);
    }

    @DataBoundSetter
    public void setDomain(String domain) {
        this.domain = Util.fixEmptyAndTrim(domain);
    }

    /** Region that a Mesos agent must be in where the domain is {@code match}; empty: any. */
    public String getRegion() {
        return Util.fixNull(region);
    }

    @DataBoundSetter
    public void setRegion(String region) {
        this.region = Util.fixEmptyAndTrim(region);
    }

    /** Zone that a Mesos agent must be in where the domain is {@code match}; empty: any. */
    public String getZone() {
        return Util.fixNull(zone);
    }

    @DataBoundSetter
    public void setZone(String zone) {
        this.zone = Util.fixEmptyAndTrim(zone);
    }

    /** {@code Linux} or {@code Windows}; empty: Linux. */
    public String getAgentCommandStyle() {
        return Util.fixNull(agentCommandStyle);
    }

    @DataBoundSetter
    public void setAgentCommandStyle(String agentCommandStyle) {
        this.agentCommandStyle = Util.fixEmptyAndTrim(agentCommandStyle);
    }
}
