package com.cloudbees.plugins.credentials.domains;

/** A domain that allows a host. */
public class HostnameRequirement extends DomainRequirement {
    private static final long serialVersionUID = 1L;

    public HostnameRequirement(String hostname) {
        throw new UnsupportedOperationException();
    }
}
