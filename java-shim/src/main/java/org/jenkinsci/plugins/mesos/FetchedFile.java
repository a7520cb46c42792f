package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kohsuke.stapler.DataBoundSetter;

/** A file that Mesos fetches into the sandbox before the agent starts; stored as {@link MesosSlaveInfo.URI}. */
public abstract class FetchedFile extends AbstractDescribableImpl<FetchedFile> {
    private String value;
    private Boolean executable;
    private Boolean extract;

    FetchedFile(String value) {
        this.value = Util.fixNull(value).trim();
    }

    /** Where the Mesos agent fetches it from. */
    public String getValue() {
        return Util.fixNull(value);
    }

    /** Whether it is made executable; an executable file is not unpacked. */
    public boolean isExecutable() {
        return Boolean.TRUE.equals(executable);
    }

    @DataBoundSetter
    public void setExecutable(boolean executable) {
        this.executable = executable;
    }

    /** Whether an archive is unpacked. */
    public boolean isExtract() {
        return !Boolean.FALSE.equals(extract);
    }

    @DataBoundSetter
    public void setExtract(boolean extract) {
        this.extract = extract;
    }

    Map<String, Object> toConfig() {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("value", getValue());
        file.put("executable", isExecutable());
        file.put("extract", isExtract());
        return file;
    }
}
