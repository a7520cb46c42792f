package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kohsuke.stapler.DataBoundSetter;

/** An option of {@code docker run}; stored as {@link MesosSlaveInfo.Parameter}. */
public abstract class ContainerParameter extends AbstractDescribableImpl<ContainerParameter> {
    private String key;
    private String value;

    ContainerParameter(String key) {
        this.key = Util.fixNull(key).trim();
    }

    /** Name of the option without its dashes. */
    public String getKey() {
        return Util.fixNull(key);
    }

    public String getValue() {
        return Util.fixNull(value);
    }

    @DataBoundSetter
    public void setValue(String value) {
        this.value = FormText.plain(value).trim();
    }

    Map<String, Object> toConfig() {
        Map<String, Object> parameter = new LinkedHashMap<>();
        parameter.put("key", getKey());
        parameter.put("value", getValue());
        return parameter;
    }
}
