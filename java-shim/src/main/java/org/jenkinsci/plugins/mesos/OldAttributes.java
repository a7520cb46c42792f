package org.jenkinsci.plugins.mesos;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.sf.json.JSONException;
import net.sf.json.JSONObject;
import net.sf.json.JSONSerializer;

/** The attributes that a Mesos agent must have, from the forms in which older versions stored them. */
final class OldAttributes {
    private OldAttributes() {}

    /**
     * Versions before 0.16 wrote the fields of a JSON object of the host's library. Its map has changed its class and
     * form over time, but in all of them each attribute is an {@code entry} of a name and a value.
     *
     * @return a JSON object as text; null if there are none
     */
    static String ofDump(XmlTree dump) {
        Map<String, String> attributes = new LinkedHashMap<>();
        collect(dump, attributes);
        return text(attributes);
    }

    private static void collect(XmlTree tree, Map<String, String> attributes) {
        for (XmlTree child : tree.children()) {
            if (child.name().equals("entry") && child.children().size() == 2) {
                attributes.put(child.children().get(0).text(), child.children().get(1).text());
            } else {
                collect(child, attributes);
            }
        }
    }

    /**
     * Version 2.0 wrote {@code name:value,name:value}.
     *
     * @return a JSON object as text; null if there are none
     */
    static String ofPairs(String pairs) {
        Map<String, String> attributes = new LinkedHashMap<>();
        for (String pair : pairs == null ? List.<String>of() : List.of(pairs.split(","))) {
            int colon = pair.indexOf(':');
            if (colon > 0) {
                attributes.put(pair.substring(0, colon).trim(), pair.substring(colon + 1).trim());
            }
        }
        return text(attributes);
    }

    /**
     * Older versions read the text with the host's library, which is content with less than JSON asks for, and compared
     * any value by its text.
     *
     * @return the same as strict JSON with texts as values; null if it cannot be read, when older versions asked for no
     *     attributes at all
     */
    static String strict(String text) {
        try {
            if (!(JSONSerializer.toJSON(text) instanceof JSONObject object) || object.isNullObject()) {
                return null;
            }
            Map<String, String> attributes = new TreeMap<>();
            for (Object name : object.keySet()) {
                attributes.put(name.toString(), object.getString(name.toString()));
            }
            String strict = text(attributes);
            return strict == null ? "{}" : strict;
        } catch (JSONException e) {
            return null;
        }
    }

    /** Whether it is a JSON object whose values are texts, as the native library wants it. */
    static boolean isStrict(String text) {
        try {
            return NativeJson.parse(text).values().stream().allMatch(String.class::isInstance);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String text(Map<String, String> attributes) {
        return attributes.isEmpty() ? null : NativeJson.text(attributes);
    }
}
