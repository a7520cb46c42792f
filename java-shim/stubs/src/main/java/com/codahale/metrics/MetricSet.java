package com.codahale.metrics;

import java.util.Map;

/** Metrics by their names. */
public interface MetricSet extends Metric {
    Map<String, Metric> getMetrics();
}
