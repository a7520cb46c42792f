package org.jenkinsci.plugins.mesos;

import hudson.Util;

/** Text from a form as the person typed it. */
final class FormText {
    private FormText() {}

    /**
     * The hosts' json-lib puts text that looks like JSON, such as {@code {"os":"linux"}}, between quotes of its own.
     */
    static String plain(String submitted) {
        String text = Util.fixNull(submitted);
        if (text.matches("(?s)\"\\s*(\\{.*\\}|\\[.*\\])\\s*\"")) {
            return text.substring(1, text.length() - 1);
        }
        return text;
    }
}
