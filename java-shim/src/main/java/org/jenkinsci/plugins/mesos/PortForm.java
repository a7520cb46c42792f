package org.jenkinsci.plugins.mesos;

import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import java.util.List;
import java.util.Map;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a port mapping asks while it is filled in. */
public abstract class PortForm extends FieldDescriptor<ContainerPort> {
    @RequirePOST
    public FormValidation doCheckContainerPort(@QueryParameter String value) {
        return FieldCheck.container("portMappings", List.of(Map.of("containerPort", value.trim())));
    }

    @RequirePOST
    public FormValidation doCheckHostPort(@QueryParameter String value) {
        return FieldCheck.container(
                "portMappings", List.of(Map.of("containerPort", "1", "hostPort", value.trim())));
    }

    @RequirePOST
    public ListBoxModel doFillProtocolItems() {
        ListBoxModel protocols = new ListBoxModel();
        protocols.add("tcp", "tcp");
        protocols.add("udp", "udp");
        return protocols;
    }
}
