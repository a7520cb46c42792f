package io.jenkins.plugins.casc.model;

/** A part of the configuration: a mapping, a list or a scalar. */
public interface CNode {
    /** Fails if it is no mapping. */
    default Mapping asMapping() {
        throw new UnsupportedOperationException();
    }

    /** Fails if it is no list. */
    default Sequence asSequence() {
        throw new UnsupportedOperationException();
    }
}
