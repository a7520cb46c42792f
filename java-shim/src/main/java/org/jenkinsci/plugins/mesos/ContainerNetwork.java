package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.AbstractDescribableImpl;

/** A network that a container joins; stored as {@link MesosSlaveInfo.NetworkInfo}. */
public abstract class ContainerNetwork extends AbstractDescribableImpl<ContainerNetwork> {
    private String networkName;

    ContainerNetwork(String networkName) {
        this.networkName = Util.fixNull(networkName).trim();
    }

    public String getNetworkName() {
        return Util.fixNull(networkName).trim();
    }
}
