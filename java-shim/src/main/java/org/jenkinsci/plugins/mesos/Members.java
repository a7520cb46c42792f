package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The members of one object in a message of the native library; an absent one and a JSON null are the same. */
final class Members {
    private final Map<String, Object> values;

    private Members(Map<String, Object> values) {
        this.values = values;
    }

    /** @throws IllegalArgumentException if the message is no JSON object */
    static Members parse(byte[] message) {
        return new Members(NativeJson.read(message));
    }

    Set<String> names() {
        return values.keySet();
    }

    String text(String name) {
        Object value = values.get(name);
        return value == null ? null : value.toString();
    }

    /** @throws IllegalArgumentException if there is none */
    String requiredText(String name) {
        String text = text(name);
        if (text == null) {
            throw new IllegalArgumentException("message of the native library without " + name);
        }
        return text;
    }

    Integer integer(String name) {
        return values.get(name) instanceof Number number ? Integer.valueOf(number.intValue()) : null;
    }

    int number(String name, int otherwise) {
        Integer value = integer(name);
        return value == null ? otherwise : value;
    }

    long whole(String name) {
        return values.get(name) instanceof Number number ? number.longValue() : 0;
    }

    double amount(String name) {
        return values.get(name) instanceof Number number ? number.doubleValue() : 0;
    }

    boolean flag(String name, boolean otherwise) {
        return values.get(name) instanceof Boolean flag ? flag : otherwise;
    }

    /** The object of that name, an empty one if there is none. */
    Members object(String name) {
        return of(values.get(name));
    }

    /** The objects in the list of that name, none if there is no list. */
    <T> List<T> list(String name, Function<Members, T> element) {
        List<T> result = new ArrayList<>();
        if (values.get(name) instanceof List<?> list) {
            for (Object each : list) {
                result.add(element.apply(of(each)));
            }
        }
        return result;
    }

    /** The texts in the list of that name, none if there is no list. */
    List<String> texts(String name) {
        return values.get(name) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    @SuppressWarnings("unchecked")
    private static Members of(Object value) {
        return new Members(value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of());
    }
}
