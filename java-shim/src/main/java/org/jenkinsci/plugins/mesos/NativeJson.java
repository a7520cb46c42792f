package org.jenkinsci.plugins.mesos;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON of the native contract: objects are {@link Map}s, arrays {@link List}s, numbers {@link Long}s or {@link
 * Double}s.
 *
 * <p>The host's json-lib cannot be used for it: it takes a text such as {@code [cloud] …]} or {@code {"a":1}} inside a
 * string for JSON and changes it, and it takes quadratic time.
 */
final class NativeJson {

    private static final int MAX_DEPTH = 64;

    private final String text;
    private int at;
    private int depth;

    private NativeJson(String text) {
        this.text = text;
    }

    /**
     * Reads one object.
     *
     * @throws IllegalArgumentException if it is none; the message names the place, never the contents
     */
    static Map<String, Object> read(byte[] utf8) {
        return parse(new String(utf8, StandardCharsets.UTF_8));
    }

    /** As {@link #read}, from text. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> parse(String text) {
        NativeJson json = new NativeJson(text);
        Object value = json.value();
        json.space();
        if (!(value instanceof Map) || json.at < json.text.length()) {
            throw json.wrong("one object");
        }
        return (Map<String, Object>) value;
    }

    /** Writes an object of maps, iterables, texts, numbers, booleans and nulls; any other value by its text. */
    static byte[] write(Map<String, ?> object) {
        return text(object).getBytes(StandardCharsets.UTF_8);
    }

    /** As {@link #write}, to text. */
    static String text(Map<String, ?> object) {
        StringBuilder out = new StringBuilder();
        write(out, object);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value) {
        if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Long) {
            out.append(value);
        } else if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            out.append(number);
        } else if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                quote(out, String.valueOf(entry.getKey()));
                out.append(':');
                write(out, entry.getValue());
                separator = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> values) {
            out.append('[');
            String separator = "";
            for (Object each : values) {
                out.append(separator);
                write(out, each);
                separator = ",";
            }
            out.append(']');
        } else {
            quote(out, value.toString());
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                // A lone surrogate has no UTF-8 form; written as an escape the other side can tell that it is wrong.
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private Object value() {
        space();
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", Boolean.TRUE);
            case 'f' -> word("false", Boolean.FALSE);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new LinkedHashMap<>();
        enter();
        if (!take('}')) {
            do {
                space();
                String name = string();
                expect(':');
                object.put(name, value());
            } while (take(','));
            expect('}');
        }
        depth--;
        return object;
    }

    private List<Object> array() {
        List<Object> array = new ArrayList<>();
        enter();
        if (!take(']')) {
            do {
                array.add(value());
            } while (take(','));
            expect(']');
        }
        depth--;
        return array;
    }

    private void enter() {
        at++;
        if (++depth > MAX_DEPTH) {
            throw wrong("fewer levels");
        }
    }

    private String string() {
        if (peek() != '"') {
            throw wrong("a text");
        }
        at++;
        StringBuilder out = null;
        int start = at;
        while (true) {
            char c = peek();
            if (c == '"') {
                String rest = text.substring(start, at++);
                return out == null ? rest : out.append(rest).toString();
            } else if (c == '\\') {
                out = (out == null ? new StringBuilder() : out).append(text, start, at++);
                out.append(escape());
                start = at;
            } else if (c < ' ') {
                throw wrong("a text without control characters");
            } else {
                at++;
            }
        }
    }

    private char escape() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                try {
                    char code = (char) Integer.parseInt(text, at, at + 4, 16);
                    at += 4;
                    yield code;
                } catch (NumberFormatException | IndexOutOfBoundsException e) {
                    throw wrong("four hexadecimal digits");
                }
            }
            default -> throw wrong("an escape");
        };
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong(word);
        }
        at += word.length();
        return value;
    }

    private Object number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String number = text.substring(start, at);
        try {
            if (number.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9') && number.length() < 19) {
                return Long.valueOf(number);
            }
            return Double.valueOf(number);
        } catch (NumberFormatException e) {
            at = start;
            throw wrong("a value");
        }
    }

    private boolean take(char c) {
        space();
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    private void expect(char c) {
        if (!take(c)) {
            throw wrong("'" + c + "'");
        }
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw wrong("more");
        }
        return text.charAt(at);
    }

    private IllegalArgumentException wrong(String expected) {
        return new IllegalArgumentException("JSON of the native library: expected " + expected + " at position " + at);
    }
}
