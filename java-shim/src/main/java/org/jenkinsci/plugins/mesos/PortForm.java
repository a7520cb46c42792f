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
        return check("containerPort", Map.of("containerPort", value.trim()));
    }

    @RequirePOST
    public FormValidation doCheckHostPort(@QueryParameter String value) {
        return check("hostPort", Map.of("containerPort", "1", "hostPort", value.trim()));
    }

    @RequirePOST
    public FormValidation doCheckUrlFormat(@QueryParameter String value) {
        return check("urlFormat", Map.of("containerPort", "1", "urlFormat", value.trim()));
    }

    private static FormValidation check(String field, Map<String, Object> mapping) {
        return FieldCheck.container("portMappings[0]." + field, Map.of("portMappings", List.of(mapping)));
    }

    @RequirePOST
    public ListBoxModel doFillProtocolItems() {
        ListBoxModel protocols = new ListBoxModel();
        protocols.add("tcp", "tcp");
        protocols.add("udp", "udp");
        return protocols;
    }
}
