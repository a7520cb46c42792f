package com.cloudbees.plugins.credentials.common;

import com.cloudbees.plugins.credentials.Credentials;

/** Credentials with a username. */
public interface UsernameCredentials extends Credentials {
    String getUsername();
}
