package jenkins.metrics.api;

import com.codahale.metrics.MetricSet;
import hudson.ExtensionPoint;

/** Metrics that the metrics plugin is to show. */
public abstract class MetricProvider implements ExtensionPoint {
    public abstract MetricSet getMetricSet();
}
