package jenkins.metrics.api;

import com.codahale.metrics.health.HealthCheck;
import hudson.ExtensionPoint;
import java.util.Map;

/** Health checks that the metrics plugin is to run. */
public abstract class HealthCheckProvider implements ExtensionPoint {
    public abstract Map<String, HealthCheck> getHealthChecks();
}
