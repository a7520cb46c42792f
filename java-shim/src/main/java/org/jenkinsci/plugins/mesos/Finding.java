package org.jenkinsci.plugins.mesos;

import java.util.List;
import java.util.stream.Stream;

/**
 * Something that happened to one setting when the file of an older version was read.
 *
 * @param template label or name of the template; null: it is about the cloud
 * @param look whether a person should look at it; otherwise it was converted and all is well
 * @param message key of the text in {@code Messages}
 * @param arguments of the text
 */
record Finding(String template, boolean look, String message, List<String> arguments) {
    static final String PREFIX = "Upgrade.";

    static Finding converted(String template, String message, Object... arguments) {
        return new Finding(template, false, PREFIX + message, texts(arguments));
    }

    static Finding toLookAt(String template, String message, Object... arguments) {
        return new Finding(template, true, PREFIX + message, texts(arguments));
    }

    private static List<String> texts(Object... arguments) {
        return Stream.of(arguments).map(String::valueOf).toList();
    }
}
