package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.util.FormValidation;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The rules of fields that only Jenkins uses, so that the native library does not know them; null: nothing is wrong.
 */
final class TextRules {
    private static final Pattern TUNNEL = Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])?:(\\d{1,5})?");
    private static final int LAST_PORT = 65535;

    private TextRules() {}

    static FormValidation answer(String problem) {
        return problem == null || !FieldCheck.mayConfigure() ? FormValidation.ok() : FormValidation.error(problem);
    }

    /** A regular expression, or nothing. */
    static String expression(String text) {
        try {
            Pattern.compile(Util.fixNull(text).trim());
            return null;
        } catch (PatternSyntaxException e) {
            return Messages.TextRules_expression(text.trim(), e.getDescription());
        }
    }

    /** Regular expressions, one a line. */
    static String expressions(String text) {
        return Util.fixNull(text).lines()
                .map(TextRules::expression)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /**
     * Whether one of the regular expressions is that of all the text; no expression allows everything, one that is
     * wrong nothing.
     *
     * @param expressions one a line
     */
    static boolean matchesAny(String expressions, String text) {
        return expressions.isBlank()
                || expressions.lines()
                        .map(String::trim)
                        .filter(line -> !line.isEmpty() && expression(line) == null)
                        .anyMatch(line -> Pattern.matches(line, text));
    }

    /** Full names of folders, one a line. */
    static String folders(String text) {
        return Util.fixNull(text).lines()
                .map(String::trim)
                .filter(line -> line.startsWith("/") || line.endsWith("/"))
                .map(Messages::TextRules_folder)
                .findFirst()
                .orElse(null);
    }

    /** {@code host:port}, {@code host:}, {@code :port}, or nothing. */
    static String tunnel(String text) {
        String tunnel = Util.fixNull(text).trim();
        if (tunnel.isEmpty()) {
            return null;
        }
        String port = tunnel.substring(tunnel.lastIndexOf(':') + 1);
        boolean good = TUNNEL.matcher(tunnel).matches()
                && tunnel.length() > 1
                && (port.isEmpty() || Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= LAST_PORT);
        return good ? null : Messages.TextRules_tunnel(tunnel);
    }
}
