package org.jenkinsci.plugins.mesos;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricSet;
import com.codahale.metrics.health.HealthCheck;
import hudson.Extension;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.metrics.api.HealthCheckProvider;
import jenkins.metrics.api.MetricProvider;

/** What the metrics plugin, where it is installed, shows of Mesos clouds. */
final class MetricsPlugin {
    private static final Logger LOGGER = Logger.getLogger(MetricsPlugin.class.getName());

    private MetricsPlugin() {}

    /** One check for all clouds that take part in it; the plugin asks for the checks once. */
    @Extension(optional = true)
    public static final class Health extends HealthCheckProvider {
        @Override
        public Map<String, HealthCheck> getHealthChecks() {
            return Map.of("mesos", new Check());
        }
    }

    private static final class Check extends HealthCheck {
        @Override
        protected Result check() {
            List<String> problems = MesosHealth.problems();
            return problems.isEmpty() ? Result.healthy() : Result.unhealthy(String.join("; ", problems));
        }
    }

    /** Sums over all clouds; names that older versions had keep their meaning. */
    @Extension(optional = true)
    public static final class Numbers extends MetricProvider {
        @Override
        public MetricSet getMetricSet() {
            Map<String, Metric> metrics = new TreeMap<>();
            metrics.put("mesos.scheduler.slave.requests", sum(status -> status.waiting().size()));
            metrics.put("mesos.scheduler.offers.received", sum(status -> counter(status, "offersReceived")));
            metrics.put("mesos.scheduler.offers.declined", sum(status -> counter(status, "offersDeclined")));
            metrics.put("mesos.scheduler.operation.launch", sum(status -> counter(status, "tasksLaunched")));
            metrics.put("mesos.scheduler.reconnects", sum(status -> counter(status, "reconnects")));
            metrics.put("mesos.agent.running", sum(status -> status.tasks().size()));
            metrics.put("mesos.agent.terminal", sum(status -> counter(status, "tasksEnded")));
            return new Set(metrics);
        }
    }

    private record Set(Map<String, Metric> metrics) implements MetricSet {
        @Override
        public Map<String, Metric> getMetrics() {
            return metrics;
        }
    }

    private static Gauge<Long> sum(ToLongFunction<Status> number) {
        return () -> {
            long sum = 0;
            for (MesosFramework framework : MesosFrameworks.all()) {
                try {
                    sum += number.applyAsLong(framework.status());
                } catch (NativeException | IllegalArgumentException e) {
                    LOGGER.log(Level.FINE, framework.cloud().name, e);
                }
            }
            return sum;
        };
    }

    private static long counter(Status status, String name) {
        return status.counters().getOrDefault(name, 0L);
    }
}
