package io.jenkins.plugins.casc.model;

import java.util.ArrayList;

/** A list. */
public final class Sequence extends ArrayList<CNode> implements CNode {
    private static final long serialVersionUID = 1L;

    @Override
    public Sequence asSequence() {
        throw new UnsupportedOperationException();
    }
}
