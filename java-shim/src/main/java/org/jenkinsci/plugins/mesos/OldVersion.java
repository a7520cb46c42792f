package org.jenkinsci.plugins.mesos;

/**
 * The version of the plugin that wrote an element, as the host notes it in the attribute {@code plugin} of the element:
 * {@code mesos@0.18.1}. Hosts before 1.454 note nothing.
 *
 * @param major the first number; -1: not known
 * @param text the whole version; empty: not known
 */
record OldVersion(int major, String text) {
    static final OldVersion UNKNOWN = new OldVersion(-1, "");

    /** @param attribute may be null */
    static OldVersion of(String attribute) {
        if (attribute == null || !attribute.matches("mesos@[0-9]{1,4}([.-].*)?")) {
            return UNKNOWN;
        }
        String text = attribute.substring(attribute.indexOf('@') + 1);
        return new OldVersion(Integer.parseInt(text.split("[.-]", 2)[0]), text);
    }

    boolean isKnown() {
        return major >= 0;
    }
}
