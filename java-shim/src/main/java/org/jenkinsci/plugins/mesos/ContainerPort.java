package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kohsuke.stapler.DataBoundSetter;

/** A port of a container on its host; stored as {@link MesosSlaveInfo.PortMapping}. */
public abstract class ContainerPort extends AbstractDescribableImpl<ContainerPort> {
    static final String DEFAULT_PROTOCOL = "tcp";

    private String containerPort;
    private String hostPort;
    private String protocol;
    private String description;
    private String urlFormat;

    ContainerPort(String containerPort) {
        this.containerPort = Util.fixNull(containerPort).trim();
    }

    /** 1 to 65535, as text. */
    public String getContainerPort() {
        return Util.fixNull(containerPort);
    }

    /** 1 to 65535, as text; empty: whichever port Mesos offers. */
    public String getHostPort() {
        return Util.fixNull(hostPort);
    }

    @DataBoundSetter
    public void setHostPort(String hostPort) {
        this.hostPort = Util.fixEmptyAndTrim(hostPort);
    }

    /** {@code tcp} or {@code udp}. */
    public String getProtocol() {
        return Util.fixEmptyAndTrim(protocol) == null ? DEFAULT_PROTOCOL : protocol.trim();
    }

    @DataBoundSetter
    public void setProtocol(String protocol) {
        this.protocol = Util.fixEmptyAndTrim(protocol);
    }

    /** What listens there, for people. */
    public String getDescription() {
        return Util.fixNull(description);
    }

    @DataBoundSetter
    public void setDescription(String description) {
        this.description = Util.fixEmptyAndTrim(FormText.plain(description));
    }

    /** A link to it, with {@code {host}} and {@code {port}} in place of those. */
    public String getUrlFormat() {
        return Util.fixNull(urlFormat);
    }

    @DataBoundSetter
    public void setUrlFormat(String urlFormat) {
        this.urlFormat = Util.fixEmptyAndTrim(FormText.plain(urlFormat));
    }

    Map<String, Object> toConfig() {
        Map<String, Object> port = new LinkedHashMap<>();
        port.put("containerPort", getContainerPort());
        port.put("hostPort", Util.fixEmpty(getHostPort()));
        port.put("protocol", getProtocol());
        port.put("description", Util.fixEmpty(getDescription()));
        port.put("urlFormat", Util.fixEmpty(getUrlFormat()));
        return port;
    }
}
