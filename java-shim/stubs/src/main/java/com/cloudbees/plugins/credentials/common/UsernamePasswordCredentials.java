package com.cloudbees.plugins.credentials.common;

/** A username and its password. */
public interface UsernamePasswordCredentials extends UsernameCredentials, PasswordCredentials {}
