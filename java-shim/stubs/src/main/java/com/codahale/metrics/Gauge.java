package com.codahale.metrics;

/** A value that is read when it is asked for. */
public interface Gauge<T> extends Metric {
    T getValue();
}
