package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * The container that an agent runs in; stored as {@link MesosSlaveInfo.ContainerInfo}, whose name is in old files.
 */
public abstract class ContainerSettings extends AbstractDescribableImpl<ContainerSettings> {
    static final String DEFAULT_TYPE = "DOCKER";
    static final String DEFAULT_NETWORKING = "BRIDGE";
    static final String DEFAULT_DOCKER_ACCESS = "none";
    static final String DEFAULT_DOCKER_SOCKET = "/var/run/docker.sock";

    private String type;
    private String dockerImage;
    private List<MesosSlaveInfo.Volume> volumes;
    private List<MesosSlaveInfo.Parameter> parameters;
    private String networking;
    private List<MesosSlaveInfo.PortMapping> portMappings;
    private List<MesosSlaveInfo.NetworkInfo> networkInfos;
    private Boolean useCustomDockerCommandShell;
    private String customDockerCommandShell;
    private Boolean dockerPrivilegedMode;
    private Boolean dockerForcePullImage;
    private Boolean dockerImageCustomizable;
    private Boolean isDind;

    // These came with 3.0; null where they are not used, so that they are not written.
    private String allowedImages;
    private String registryCredentialsId;
    private Boolean imageWithoutShell;
    private String dockerAccess;
    private String dockerSocket;

    ContainerSettings(String dockerImage) {
        this.dockerImage = Util.fixNull(dockerImage).trim();
    }

    /** {@code DOCKER} or {@code MESOS}: who runs it, Docker or Mesos itself. */
    public String getType() {
        return Util.fixEmptyAndTrim(type) == null ? DEFAULT_TYPE : type.trim();
    }

    @DataBoundSetter
    public void setType(String type) {
        this.type = Util.fixEmptyAndTrim(type);
    }

    /** Name of the image, as {@code docker pull} takes it. */
    public String getDockerImage() {
        return Util.fixNull(dockerImage);
    }

    public List<MesosSlaveInfo.Volume> getVolumes() {
        return copy(volumes);
    }

    @DataBoundSetter
    public void setVolumes(List<MesosSlaveInfo.Volume> volumes) {
        this.volumes = copy(volumes);
    }

    /** Options of {@code docker run}. */
    public List<MesosSlaveInfo.Parameter> getParameters() {
        return copy(parameters);
    }

    @DataBoundSetter
    public void setParameters(List<MesosSlaveInfo.Parameter> parameters) {
        this.parameters = copy(parameters);
    }

    /** {@code HOST}, {@code BRIDGE}, {@code NONE} or {@code USER}. */
    public String getNetworking() {
        return Util.fixEmptyAndTrim(networking) == null ? DEFAULT_NETWORKING : networking.trim();
    }

    @DataBoundSetter
    public void setNetworking(String networking) {
        this.networking = Util.fixEmptyAndTrim(networking);
    }

    public List<MesosSlaveInfo.PortMapping> getPortMappings() {
        return copy(portMappings);
    }

    @DataBoundSetter
    public void setPortMappings(List<MesosSlaveInfo.PortMapping> portMappings) {
        this.portMappings = copy(portMappings);
    }

    /** The networks to join where {@link #getNetworking} is {@code USER}. */
    public List<MesosSlaveInfo.NetworkInfo> getNetworkInfos() {
        return copy(networkInfos);
    }

    @DataBoundSetter
    public void setNetworkInfos(List<MesosSlaveInfo.NetworkInfo> networkInfos) {
        this.networkInfos = copy(networkInfos);
    }

    public boolean isUseCustomDockerCommandShell() {
        return Boolean.TRUE.equals(useCustomDockerCommandShell);
    }

    @DataBoundSetter
    public void setUseCustomDockerCommandShell(boolean useCustomDockerCommandShell) {
        this.useCustomDockerCommandShell = useCustomDockerCommandShell;
    }

    /** The program that is given the agent's command line, if {@link #isUseCustomDockerCommandShell}. */
    public String getCustomDockerCommandShell() {
        return Util.fixNull(customDockerCommandShell);
    }

    @DataBoundSetter
    public void setCustomDockerCommandShell(String customDockerCommandShell) {
        this.customDockerCommandShell = FormText.plain(customDockerCommandShell).trim();
    }

    public boolean isDockerPrivilegedMode() {
        return Boolean.TRUE.equals(dockerPrivilegedMode);
    }

    @DataBoundSetter
    public void setDockerPrivilegedMode(boolean dockerPrivilegedMode) {
        this.dockerPrivilegedMode = dockerPrivilegedMode;
    }

    /** Whether the image is looked for anew for each agent. */
    public boolean isDockerForcePullImage() {
        return Boolean.TRUE.equals(dockerForcePullImage);
    }

    @DataBoundSetter
    public void setDockerForcePullImage(boolean dockerForcePullImage) {
        this.dockerForcePullImage = dockerForcePullImage;
    }

    /** Whether a job may name its image, as {@code label:image}. */
    public boolean isDockerImageCustomizable() {
        return Boolean.TRUE.equals(dockerImageCustomizable);
    }

    @DataBoundSetter
    public void setDockerImageCustomizable(boolean dockerImageCustomizable) {
        this.dockerImageCustomizable = dockerImageCustomizable;
    }

    /** What builds have of Docker: {@code none}; {@code socket}, the host's; {@code own}, one of the container. */
    public String getDockerAccess() {
        return dockerAccess == null ? DEFAULT_DOCKER_ACCESS : dockerAccess;
    }

    @DataBoundSetter
    public void setDockerAccess(String dockerAccess) {
        String access = Util.fixEmptyAndTrim(dockerAccess);
        this.dockerAccess = DEFAULT_DOCKER_ACCESS.equals(access) ? null : access;
    }

    /** Where the host has the socket of its Docker, where {@link #getDockerAccess} is {@code socket}. */
    public String getDockerSocket() {
        return dockerSocket == null ? DEFAULT_DOCKER_SOCKET : dockerSocket;
    }

    @DataBoundSetter
    public void setDockerSocket(String dockerSocket) {
        String path = Util.fixEmptyAndTrim(FormText.plain(dockerSocket));
        this.dockerSocket = DEFAULT_DOCKER_SOCKET.equals(path) ? null : path;
    }

    /**
     * Whether the custom command shell is a command that starts a Docker, as old versions had it; in forms and YAML it
     * is {@code isDind}.
     */
    public boolean getIsDind() {
        return Boolean.TRUE.equals(isDind);
    }

    @DataBoundSetter
    public void setIsDind(boolean isDind) {
        this.isDind = isDind;
    }

    /** Which images a job may name: regular expressions, one a line; empty: any. */
    public String getAllowedImages() {
        return Util.fixNull(allowedImages);
    }

    @DataBoundSetter
    public void setAllowedImages(String allowedImages) {
        this.allowedImages = Util.fixEmptyAndTrim(FormText.plain(allowedImages));
    }

    /** Whether a job may name this image. */
    boolean allowsImage(String image) {
        return isDockerImageCustomizable() && TextRules.matchesAny(getAllowedImages(), image);
    }

    /** Id of the username and password for the image's registry; empty: none. */
    public String getRegistryCredentialsId() {
        return Util.fixNull(registryCredentialsId);
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        this.registryCredentialsId = Util.fixEmptyAndTrim(registryCredentialsId);
    }

    /** Whether Java is started without a shell, which the image lacks. */
    public boolean isImageWithoutShell() {
        return Boolean.TRUE.equals(imageWithoutShell);
    }

    @DataBoundSetter
    public void setImageWithoutShell(boolean imageWithoutShell) {
        this.imageWithoutShell = imageWithoutShell ? true : null;
    }

    private static <T> List<T> copy(List<T> list) {
        return list == null ? new ArrayList<>() : new ArrayList<>(list);
    }

    Map<String, Object> toConfig() {
        Map<String, Object> container = new LinkedHashMap<>();
        container.put("type", getType());
        container.put("image", getDockerImage());
        container.put("privileged", isDockerPrivilegedMode());
        container.put("forcePull", isDockerForcePullImage());
        container.put("imageCustomizable", isDockerImageCustomizable());
        container.put("useCustomShell", isUseCustomDockerCommandShell());
        container.put("customShell", getCustomDockerCommandShell());
        container.put("noShell", isImageWithoutShell());
        container.put("dind", getIsDind());
        container.put("dockerAccess", getDockerAccess());
        container.put("dockerSocket", getDockerSocket());
        container.put("networking", getNetworking());
        container.put("networks", getNetworkInfos().stream().map(ContainerNetwork::getNetworkName).toList());
        container.put("portMappings", getPortMappings().stream().map(ContainerPort::toConfig).toList());
        container.put("volumes", getVolumes().stream().map(ContainerVolume::toConfig).toList());
        container.put("parameters", getParameters().stream().map(ContainerParameter::toConfig).toList());
        return container;
    }
}
