package org.jenkinsci.plugins.mesos;

import hudson.RelativePath;
import hudson.Util;
import hudson.util.FormValidation;
import java.util.List;
import java.util.Map;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a volume asks while it is filled in. */
public abstract class VolumeForm extends FieldDescriptor<ContainerVolume> {
    @RequirePOST
    public FormValidation doCheckContainerPath(
            @QueryParameter String value, @QueryParameter @RelativePath("..") String type) {
        return FieldCheck.container(
                "volumes[0].containerPath",
                Map.of("type", Util.fixNull(type), "volumes", List.of(Map.of("containerPath", value.trim()))));
    }

    @RequirePOST
    public FormValidation doCheckHostPath(@QueryParameter String value) {
        return FieldCheck.container(
                "volumes[0].hostPath",
                Map.of("volumes", List.of(Map.of("containerPath", "/volume", "hostPath", value.trim()))));
    }
}
