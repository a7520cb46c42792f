package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import io.jenkins.plugins.casc.ConfigurationContext;
import io.jenkins.plugins.casc.impl.configurators.DataBoundConfigurator;
import io.jenkins.plugins.casc.model.CNode;
import io.jenkins.plugins.casc.model.Mapping;
import io.jenkins.plugins.casc.model.Scalar;
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

    /** An empty text is written where it is not the default: without JVM arguments is not with the usual ones. */
    @Override
    public CNode describe(MesosSlaveInfo template, ConfigurationContext context) throws Exception {
        CNode described = super.describe(template, context);
        // one that inherits leaves empty what it inherits
        if (described instanceof Mapping mapping && template.getInheritFrom().isEmpty()) {
            for (CNode each : mapping.values()) {
                if (each instanceof Scalar scalar && scalar.getValue().isEmpty()) {
                    scalar.setPrintableWhenEmpty(true);
                }
            }
        }
        return described;
    }
}
