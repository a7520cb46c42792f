package org.jenkinsci.plugins.mesos;

/** Whether this host, or a plugin of it, has a type. */
final class HostTypes {
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
