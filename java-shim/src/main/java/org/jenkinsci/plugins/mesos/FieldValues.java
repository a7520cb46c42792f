package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Numbers as a person typed them. What is no number is kept as text, so that the form can say what is wrong with it instead
 * of failing; it never reaches the disk, since such a configuration is not saved.
 */
final class FieldValues {
    private final Map<String, String> unreadable = new LinkedHashMap<>();

    /** The number, or null and the text remembered under the field's name. */
    <T extends Number> T read(String field, String text, Function<String, T> parse) {
        unreadable.remove(field);
        String trimmed = Util.fixEmptyAndTrim(text);
        if (trimmed != null) {
            try {
                return parse.apply(trimmed);
            } catch (NumberFormatException e) {
                unreadable.put(field, trimmed);
            }
        }
        return null;
    }

    /** What the native validator should see: the number, or the text that is none. */
    Object shown(String field, Number value) {
        String text = unreadable.get(field);
        return text != null ? text : value;
    }
}
