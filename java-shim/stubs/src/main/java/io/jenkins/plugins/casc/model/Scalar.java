package io.jenkins.plugins.casc.model;

/** A value. */
public final class Scalar implements CNode {
    public Scalar(String value) {
        throw new UnsupportedOperationException();
    }

    public String getValue() {
        throw new UnsupportedOperationException();
    }

    /** Whether an empty one is written; without it, none is. */
    public void setPrintableWhenEmpty(boolean printable) {
        throw new UnsupportedOperationException();
    }
}
