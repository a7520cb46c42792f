package com.codahale.metrics;

/** Anything measured. */
public interface Metric {}
