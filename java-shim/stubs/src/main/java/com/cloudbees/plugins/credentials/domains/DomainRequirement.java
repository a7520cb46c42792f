package com.cloudbees.plugins.credentials.domains;

import java.io.Serializable;

/** What a credential's domain must allow. */
public class DomainRequirement implements Serializable {
    private static final long serialVersionUID = 1L;
}
