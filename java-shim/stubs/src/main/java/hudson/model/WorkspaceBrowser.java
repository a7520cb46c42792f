package hudson.model;

import hudson.ExtensionPoint;
import hudson.FilePath;

/** Finds the workspace of a job whose agents are all away, since 1.494. */
public abstract class WorkspaceBrowser implements ExtensionPoint {
    public abstract FilePath getWorkspace(Job<?, ?> job);
}
