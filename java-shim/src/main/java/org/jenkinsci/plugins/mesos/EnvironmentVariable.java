package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * A variable in the environment of the agent's process. It is readable in Mesos's state, so it is no place for secrets.
 */
public class EnvironmentVariable extends AbstractDescribableImpl<EnvironmentVariable> {
    private String name;
    private String value;

    @DataBoundConstructor
    public EnvironmentVariable(String name) {
        this.name = Util.fixNull(name).trim();
    }

    public String getName() {
        return Util.fixNull(name);
    }

    public String getValue() {
        return Util.fixNull(value);
    }

    @DataBoundSetter
    public void setValue(String value) {
        this.value = FormText.plain(value);
    }

    Map<String, Object> toConfig() {
        Map<String, Object> variable = new LinkedHashMap<>();
        variable.put("name", getName());
        variable.put("value", getValue());
        return variable;
    }

    @Extension
    public static final class DescriptorImpl extends VariableForm {
        @Override
        public String getDisplayName() {
            return Messages.EnvironmentVariable_displayName();
        }
    }
}
