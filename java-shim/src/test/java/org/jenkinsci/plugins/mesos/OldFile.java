package org.jenkinsci.plugins.mesos;

import hudson.model.Hudson;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** A cloud as an older version wrote it, and what is to become of it. */
final class OldFile {
    /** Elements whose contents have no getter of the same name. */
    private static final Set<String> WITHOUT_GETTER = Set.of("principal", "secret", "nodeProperties", "slaveAttributes");

    final String name;
    final String xml;

    /** By path, such as {@code slaveInfos/0/jvmArgs}: the value after conversion. */
    private final Map<String, String> changes = new HashMap<>();

    private OldFile(String name, String xml) {
        this.name = name;
        this.xml = xml;
    }

    static OldFile of(String name) throws Exception {
        try (InputStream in = OldFile.class.getResourceAsStream(name)) {
            return new OldFile(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    OldFile becomes(String path, String value) {
        changes.put(path, value);
        return this;
    }

    MesosCloud load() {
        return (MesosCloud) Hudson.XSTREAM.fromXML(xml);
    }

    /** The fields of the cloud, by path, that are not as the file has them or as they shall become. */
    List<String> wrongFields(MesosCloud cloud) throws Exception {
        List<String> wrong = new ArrayList<>();
        compare("", root(xml), cloud, wrong);
        return wrong;
    }

    private void compare(String path, Element element, Object object, List<String> wrong) throws Exception {
        for (Element child : children(element)) {
            String at = path + child.getTagName();
            if (WITHOUT_GETTER.contains(child.getTagName())) {
                continue;
            }
            Object value = getter(object, child.getTagName());
            if (value instanceof List<?> list) {
                List<Element> items = children(child);
                if (items.size() != list.size()) {
                    wrong.add(at + ": " + list.size() + " instead of " + items.size());
                } else {
                    for (int i = 0; i < items.size(); i++) {
                        compare(at + "/" + i + "/", items.get(i), list.get(i), wrong);
                    }
                }
            } else if (!children(child).isEmpty()) {
                compare(at + "/", child, value, wrong);
            } else {
                String expected = changes.getOrDefault(at, child.getTextContent().trim());
                if (!expected.equals(value == null ? "" : value.toString())) {
                    wrong.add(at + ": " + value + " instead of " + expected);
                }
            }
        }
    }

    private static Object getter(Object object, String field) throws Exception {
        String end = Character.toUpperCase(field.charAt(0)) + field.substring(1);
        for (Method method : object.getClass().getMethods()) {
            boolean named = method.getName().equals("get" + end) || method.getName().equals("is" + end);
            if (named && method.getParameterCount() == 0) {
                return method.invoke(object);
            }
        }
        throw new AssertionError(object.getClass() + " has no getter for " + field);
    }

    /** The elements with text of this file, with the conversions; by path, as {@link #leaves} gives them. */
    Map<String, String> expectedLeaves() throws Exception {
        Map<String, String> leaves = leaves(xml);
        leaves.keySet().removeIf(path -> path.contains("slaveAttributes/") || path.equals("secret"));
        changes.forEach((path, value) -> {
            leaves.remove(path);
            if (!value.isEmpty()) {
                leaves.put(path, value);
            }
        });
        return leaves;
    }

    /** All elements of a file that hold text, by path; an element of a list has its number in the place of its name. */
    static Map<String, String> leaves(String xml) throws Exception {
        Map<String, String> leaves = new TreeMap<>();
        collect("", root(xml), leaves);
        return leaves;
    }

    private static void collect(String path, Element element, Map<String, String> leaves) {
        List<Element> children = children(element);
        for (int i = 0; i < children.size(); i++) {
            Element child = children.get(i);
            String at = path + (child.getTagName().contains(".") ? String.valueOf(i) : child.getTagName());
            if (!children(child).isEmpty()) {
                collect(at + "/", child, leaves);
            } else if (!child.getTextContent().isBlank()) {
                leaves.merge(at, child.getTextContent().trim(), (first, second) -> first + "|" + second);
            }
        }
    }

    /** The names of all elements. */
    static Set<String> names(String xml) throws Exception {
        Set<String> names = new TreeSet<>();
        addNames(root(xml), names);
        return names;
    }

    private static void addNames(Element element, Set<String> names) {
        names.add(element.getTagName());
        children(element).forEach(child -> addNames(child, names));
    }

    private static Element root(String xml) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)))
                .getDocumentElement();
    }

    private static List<Element> children(Element element) {
        List<Element> children = new ArrayList<>();
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element child) {
                children.add(child);
            }
        }
        return children;
    }
}
