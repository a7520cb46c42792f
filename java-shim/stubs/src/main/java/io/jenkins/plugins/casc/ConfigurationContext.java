package io.jenkins.plugins.casc;

import io.jenkins.plugins.casc.model.CNode;

/** One reading or writing of the configuration. */
public class ConfigurationContext {
    /** Tells the administrator about a node. */
    public void warning(CNode node, String message) {
        throw new UnsupportedOperationException();
    }
}
