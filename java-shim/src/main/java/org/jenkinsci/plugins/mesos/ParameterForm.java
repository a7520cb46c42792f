package org.jenkinsci.plugins.mesos;

import hudson.util.FormValidation;
import java.util.List;
import java.util.Map;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a parameter asks while it is filled in. */
public abstract class ParameterForm extends FieldDescriptor<ContainerParameter> {
    @RequirePOST
    public FormValidation doCheckKey(@QueryParameter String value) {
        return FieldCheck.container(
                "parameters[0].key", Map.of("parameters", List.of(Map.of("key", value.trim(), "value", ""))));
    }
}
