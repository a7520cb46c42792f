package org.jenkinsci.plugins.mesos;

import hudson.Extension;
import hudson.slaves.Cloud;
import io.jenkins.plugins.casc.ConfigurationContext;
import io.jenkins.plugins.casc.ConfiguratorException;
import io.jenkins.plugins.casc.impl.configurators.DataBoundConfigurator;
import io.jenkins.plugins.casc.model.CNode;
import io.jenkins.plugins.casc.model.Mapping;
import jenkins.model.Jenkins;

/**
 * Clouds of configuration as code. Jenkins makes new clouds each time it reads its files, at every start; one that has
 * the name of a cloud before goes on as that cloud, with its framework and the agents that run.
 */
@Extension(optional = true)
public final class MesosCloudConfigurator extends DataBoundConfigurator<MesosCloud> {
    public MesosCloudConfigurator() {
        super(MesosCloud.class);
    }

    @Override
    protected MesosCloud instance(Mapping mapping, ConfigurationContext context) throws ConfiguratorException {
        if (OldYaml.translate(mapping)) {
            context.warning(mapping, Messages.MesosCloudConfigurator_old());
        }
        MesosCloud cloud = super.instance(mapping, context);
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud before && before.name.equals(cloud.name)) {
                cloud.continueAs(before);
                break;
            }
        }
        return cloud;
    }

    /** The id stays with the controller: another one that reads the file has a framework of its own. */
    @Override
    public CNode describe(MesosCloud cloud, ConfigurationContext context) throws Exception {
        CNode described = super.describe(cloud, context);
        if (described instanceof Mapping mapping) {
            mapping.remove("cloudID");
        }
        return described;
    }
}
