package org.jenkinsci.plugins.mesos;

import com.thoughtworks.xstream.io.HierarchicalStreamReader;
import java.util.ArrayList;
import java.util.List;

/**
 * An element of a file and all that is in it, read without regard to Java classes: the classes that older versions
 * wrote need not exist any more, and those that do exist need not have the same fields.
 *
 * @param name of the element
 * @param type its {@code class} attribute; null: none
 * @param text directly in the element, empty if it has children
 * @param children in their order
 */
record XmlTree(String name, String type, String text, List<XmlTree> children) {

    /** Reads the element at which the reader stands, and leaves the reader there. */
    static XmlTree read(HierarchicalStreamReader reader) {
        String name = reader.getNodeName();
        String type = reader.getAttribute("class");
        String text = reader.getValue();
        List<XmlTree> children = new ArrayList<>();
        while (reader.hasMoreChildren()) {
            reader.moveDown();
            children.add(read(reader));
            reader.moveUp();
        }
        return new XmlTree(name, type, children.isEmpty() && text != null ? text.trim() : "", children);
    }

    /** The first child of that name, or null. */
    XmlTree child(String child) {
        for (XmlTree each : children) {
            if (each.name.equals(child)) {
                return each;
            }
        }
        return null;
    }

    /** The text of the first child of that name; null if there is no such child, or it is empty. */
    String textOf(String child) {
        XmlTree found = child(child);
        return found == null || found.text.isEmpty() ? null : found.text;
    }

    /** Whether the first child of that name says true. */
    boolean isTrue(String child) {
        return "true".equals(textOf(child));
    }

    /** The children of the first child of that name; none if it is absent. */
    List<XmlTree> listOf(String child) {
        XmlTree found = child(child);
        return found == null ? List.of() : found.children;
    }
}
