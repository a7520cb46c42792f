package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import io.jenkins.plugins.casc.impl.configurators.DataBoundConfigurator;
import java.util.Set;

/** Templates of configuration as code. */
@Extension(optional = true)
public final class MesosTemplateConfigurator extends DataBoundConfigurator<MesosSlaveInfo> {
    public MesosTemplateConfigurator() {
        super(MesosSlaveInfo.class);
    }

    /** The key is of a form that is open in a browser. */
    @Override
    protected Set<String> exclusions() {
        return Set.of("formKey");
    }
}
