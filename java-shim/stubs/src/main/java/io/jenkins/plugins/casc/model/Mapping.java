package io.jenkins.plugins.casc.model;

import java.util.HashMap;

/** Properties by their names. */
public final class Mapping extends HashMap<String, CNode> implements CNode {
    private static final long serialVersionUID = 1L;

    @Override
    public Mapping asMapping() {
        throw new UnsupportedOperationException();
    }

    public void put(String name, String value) {
        throw new UnsupportedOperationException();
    }

    /** Takes a scalar out and gives its text; it must be there. */
    public String getScalarValue(String name) {
        throw new UnsupportedOperationException();
    }
}
