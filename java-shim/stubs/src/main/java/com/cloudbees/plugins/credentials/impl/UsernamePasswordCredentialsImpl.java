package com.cloudbees.plugins.credentials.impl;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import hudson.model.Descriptor.FormException;
import hudson.util.Secret;

/** A username and its password in Jenkins's own store. */
public class UsernamePasswordCredentialsImpl implements StandardUsernamePasswordCredentials {
    private static final long serialVersionUID = 1L;

    /** An empty {@code id} is replaced by a random one. */
    public UsernamePasswordCredentialsImpl(
            CredentialsScope scope, String id, String description, String username, String password)
            throws FormException {
        throw new UnsupportedOperationException();
    }

    @Override
    public String getId() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String getUsername() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Secret getPassword() {
        throw new UnsupportedOperationException();
    }
}
