package com.codahale.metrics.health;

/** Whether a part of Jenkins does what it should. */
public abstract class HealthCheck {
    protected abstract Result check() throws Exception;

    /** What a check found. */
    public static class Result {
        public static Result healthy() {
            throw new UnsupportedOperationException();
        }

        public static Result unhealthy(String message) {
            throw new UnsupportedOperationException();
        }
    }
}
