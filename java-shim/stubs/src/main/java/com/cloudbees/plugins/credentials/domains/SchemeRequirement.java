package com.cloudbees.plugins.credentials.domains;

/** A domain that allows a URI scheme. */
public class SchemeRequirement extends DomainRequirement {
    private static final long serialVersionUID = 1L;

    public SchemeRequirement(String scheme) {
        throw new UnsupportedOperationException();
    }
}
