package io.jenkins.plugins.casc;

import java.util.Set;

/** From configuration as code to one type of components, and back. */
public abstract class BaseConfigurator<T> {
    /** Properties that are neither read nor written. */
    protected Set<String> exclusions() {
        throw new UnsupportedOperationException();
    }
}
