package org.jenkinsci.plugins.mesos;

/** Whether this host, or a plugin of it, has a type. */
final class HostTypes {
    /** Whether the Pipeline plugins are there. What they define may be named only where they are. */
    static final boolean PIPELINES = isThere("org.jenkinsci.plugins.workflow.support.steps.ExecutorStepExecution");

    private HostTypes() {}

    static boolean isThere(String type) {
        try {
            Class.forName(type, false, HostTypes.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
