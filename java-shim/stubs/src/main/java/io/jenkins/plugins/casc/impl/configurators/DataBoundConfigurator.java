package io.jenkins.plugins.casc.impl.configurators;

import io.jenkins.plugins.casc.BaseConfigurator;
import io.jenkins.plugins.casc.ConfigurationContext;
import io.jenkins.plugins.casc.ConfiguratorException;
import io.jenkins.plugins.casc.model.CNode;
import io.jenkins.plugins.casc.model.Mapping;

/** For components with a data-bound constructor. */
public class DataBoundConfigurator<T> extends BaseConfigurator<T> {
    public DataBoundConfigurator(Class<T> type) {
        throw new UnsupportedOperationException();
    }

    /** A new component; takes what it uses out of the mapping. */
    protected T instance(Mapping mapping, ConfigurationContext context) throws ConfiguratorException {
        throw new UnsupportedOperationException();
    }

    /** What is to be written of a component; null: nothing. */
    public CNode describe(T instance, ConfigurationContext context) throws Exception {
        throw new UnsupportedOperationException();
    }
}
