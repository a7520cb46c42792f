package com.cloudbees.plugins.credentials.domains;

/** A domain that allows a host and one of its ports. */
public class HostnamePortRequirement extends HostnameRequirement {
    private static final long serialVersionUID = 1L;

    public HostnamePortRequirement(String hostname, int port) {
        super(hostname);
    }
}
