package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Something that happened to one setting when the file of an older version was read.
 *
 * @param template label or name of the template, or of several with commas; null: it is about the cloud
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

    /** The same findings, with those that differ by their template only made one. */
    static List<Finding> joined(List<Finding> findings) {
        Map<List<Object>, List<Finding>> groups = new LinkedHashMap<>();
        for (Finding each : findings) {
            String kind = each.template == null ? "cloud" : each.template.isEmpty() ? "without a label" : "template";
            List<Object> key = List.of(kind, each.look, each.message, each.arguments);
            groups.computeIfAbsent(key, none -> new ArrayList<>()).add(each);
        }
        List<Finding> joined = new ArrayList<>();
        for (List<Finding> group : groups.values()) {
            Finding first = group.get(0);
            String templates = first.template == null
                    ? null
                    : group.stream().map(Finding::template).distinct().collect(Collectors.joining(", "));
            joined.add(new Finding(templates, first.look, first.message, first.arguments));
        }
        return joined;
    }

    private static List<String> texts(Object... arguments) {
        return Stream.of(arguments).map(String::valueOf).toList();
    }
}
