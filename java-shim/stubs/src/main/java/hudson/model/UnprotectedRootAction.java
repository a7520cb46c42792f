package hudson.model;

import hudson.ExtensionPoint;

/** A page of its own below Jenkins's address that nobody has to log in for. */
public interface UnprotectedRootAction extends RootAction, ExtensionPoint {}
