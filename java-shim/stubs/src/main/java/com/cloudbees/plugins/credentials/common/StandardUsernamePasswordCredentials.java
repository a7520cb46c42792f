package com.cloudbees.plugins.credentials.common;

/** A username and its password, known by an id. */
public interface StandardUsernamePasswordCredentials
        extends StandardUsernameCredentials, UsernamePasswordCredentials {}
