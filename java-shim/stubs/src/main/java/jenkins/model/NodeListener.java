package jenkins.model;

import hudson.ExtensionPoint;
import hudson.model.Node;

public abstract class NodeListener implements ExtensionPoint {
    public NodeListener() {}

    protected void onDeleted(Node node) {}
}
