package com.cloudbees.plugins.credentials.common;

/** Credentials with an id, a description and a username. */
public interface StandardUsernameCredentials extends StandardCredentials, UsernameCredentials {}
