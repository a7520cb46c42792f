package com.cloudbees.plugins.credentials;

/** Who may use a credential: Jenkins itself, everyone, or one user. */
public enum CredentialsScope {
    SYSTEM,
    GLOBAL,
    USER
}
