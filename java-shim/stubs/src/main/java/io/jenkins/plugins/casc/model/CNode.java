package io.jenkins.plugins.casc.model;

/** A part of the configuration: a mapping, a list or a scalar. */
public interface CNode {}
