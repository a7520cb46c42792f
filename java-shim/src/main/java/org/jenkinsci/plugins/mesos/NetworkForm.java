package org.jenkinsci.plugins.mesos;

import hudson.util.FormValidation;
import java.util.List;
import java.util.Map;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a network asks while it is filled in. */
public abstract class NetworkForm extends FieldDescriptor<ContainerNetwork> {
    @RequirePOST
    public FormValidation doCheckNetworkName(@QueryParameter String value) {
        return FieldCheck.container(
                "networks[0]", Map.of("networking", "USER", "networks", List.of(value.trim())));
    }
}
