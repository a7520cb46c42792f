package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kohsuke.stapler.DataBoundSetter;

/** A folder that a container sees; stored as {@link MesosSlaveInfo.Volume}. */
public abstract class ContainerVolume extends AbstractDescribableImpl<ContainerVolume> {
    private String containerPath;
    private String hostPath;
    private Boolean readOnly;

    ContainerVolume(String containerPath) {
        this.containerPath = Util.fixNull(containerPath).trim();
    }

    /** Where it is in the container; absolute. */
    public String getContainerPath() {
        return Util.fixNull(containerPath);
    }

    /** Where it is on the Mesos agent; relative to the sandbox, or empty for a new folder in it. */
    public String getHostPath() {
        return Util.fixNull(hostPath);
    }

    @DataBoundSetter
    public void setHostPath(String hostPath) {
        this.hostPath = Util.fixNull(hostPath).trim();
    }

    public boolean isReadOnly() {
        return Boolean.TRUE.equals(readOnly);
    }

    @DataBoundSetter
    public void setReadOnly(boolean readOnly) {
        this.readOnly = readOnly;
    }

    Map<String, Object> toConfig() {
        Map<String, Object> volume = new LinkedHashMap<>();
        volume.put("containerPath", getContainerPath());
        volume.put("hostPath", Util.fixEmpty(getHostPath()));
        volume.put("readOnly", isReadOnly());
        return volume;
    }
}
