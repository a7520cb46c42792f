package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import java.util.Map;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a container asks while it is filled in. */
public abstract class ContainerForm extends FieldDescriptor<ContainerSettings> {
    @RequirePOST
    public FormValidation doCheckDockerImage(@QueryParameter String value) {
        return FieldCheck.container("image", Map.of("image", value.trim()));
    }

    @RequirePOST
    public FormValidation doCheckCustomDockerCommandShell(
            @QueryParameter String value, @QueryParameter boolean useCustomDockerCommandShell) {
        return FieldCheck.container(
                "customShell", Map.of("useCustomShell", useCustomDockerCommandShell, "customShell", value.trim()));
    }

    @RequirePOST
    public FormValidation doCheckDockerSocket(@QueryParameter String value, @QueryParameter String dockerAccess) {
        return FieldCheck.container(
                "dockerSocket", Map.of("dockerAccess", Util.fixNull(dockerAccess), "dockerSocket", value.trim()));
    }

    @RequirePOST
    public FormValidation doCheckNetworking(@QueryParameter String value, @QueryParameter String type) {
        return FieldCheck.container(
                "networking", Map.of("networking", Util.fixNull(value), "type", Util.fixNull(type)));
    }

    /** By GET too: the old host cannot check a text area otherwise, and only the text itself is looked at. */
    public FormValidation doCheckAllowedImages(@QueryParameter String value) {
        return TextRules.answer(TextRules.expressions(value));
    }

    @RequirePOST
    public ListBoxModel doFillRegistryCredentialsIdItems(
            @QueryParameter String dockerImage, @QueryParameter String registryCredentialsId) {
        return CloudLogin.choices(RegistryLogins.address(dockerImage), registryCredentialsId);
    }

    @RequirePOST
    public FormValidation doCheckRegistryCredentialsId(
            @QueryParameter String value, @QueryParameter String dockerImage) {
        return CloudLogin.check(value, RegistryLogins.address(dockerImage));
    }

    @RequirePOST
    public ListBoxModel doFillTypeItems() {
        ListBoxModel types = new ListBoxModel();
        types.add(Messages.ContainerForm_docker(), "DOCKER");
        types.add(Messages.ContainerForm_mesos(), "MESOS");
        return types;
    }

    @RequirePOST
    public ListBoxModel doFillDockerAccessItems() {
        ListBoxModel access = new ListBoxModel();
        access.add(Messages.ContainerForm_noDocker(), "none");
        access.add(Messages.ContainerForm_hostDocker(), "socket");
        access.add(Messages.ContainerForm_ownDocker(), "own");
        return access;
    }

    @RequirePOST
    public ListBoxModel doFillNetworkingItems() {
        ListBoxModel modes = new ListBoxModel();
        modes.add(Messages.ContainerForm_bridge(), "BRIDGE");
        modes.add(Messages.ContainerForm_host(), "HOST");
        modes.add(Messages.ContainerForm_user(), "USER");
        modes.add(Messages.ContainerForm_none(), "NONE");
        return modes;
    }
}
