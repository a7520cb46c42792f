package com.cloudbees.plugins.credentials;

import java.io.Serializable;

/** Anything that the credentials plugin keeps. */
public interface Credentials extends Serializable {}
