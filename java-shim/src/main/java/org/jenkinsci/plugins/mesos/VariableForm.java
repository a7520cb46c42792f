package org.jenkinsci.plugins.mesos;

import hudson.util.FormValidation;
import java.util.List;
import java.util.Map;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of an environment variable asks while it is filled in. */
public abstract class VariableForm extends FieldDescriptor<EnvironmentVariable> {
    @RequirePOST
    public FormValidation doCheckName(@QueryParameter String value) {
        return FieldCheck.within("environment[0].name", List.of(Map.of("name", value.trim(), "value", "")));
    }
}
