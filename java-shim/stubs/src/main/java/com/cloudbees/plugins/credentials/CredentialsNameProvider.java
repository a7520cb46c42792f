package com.cloudbees.plugins.credentials;

/** How credentials are called where a person chooses among them. */
public abstract class CredentialsNameProvider {
    protected CredentialsNameProvider() {}

    public static String name(Credentials credentials) {
        throw new UnsupportedOperationException();
    }
}
