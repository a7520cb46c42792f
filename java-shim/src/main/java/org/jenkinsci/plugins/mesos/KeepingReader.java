package org.jenkinsci.plugins.mesos;

import com.thoughtworks.xstream.io.HierarchicalStreamReader;
import com.thoughtworks.xstream.io.ReaderWrapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Reads an object whose element has children that its class no longer has fields for. Those are kept as trees and not
 * shown to the host, which would report each of them as data that it cannot read.
 */
final class KeepingReader extends ReaderWrapper {
    private final Set<String> names;
    private final Map<String, XmlTree> kept = new LinkedHashMap<>();
    private int depth;

    /** @param names of the children to keep */
    KeepingReader(HierarchicalStreamReader reader, Set<String> names) {
        super(reader);
        this.names = names;
    }

    /** The children that were met and kept, by name. */
    Map<String, XmlTree> kept() {
        return kept;
    }

    @Override
    public boolean hasMoreChildren() {
        while (depth == 0 && super.hasMoreChildren() && names.contains(peekNextChild())) {
            super.moveDown();
            XmlTree child = XmlTree.read(wrapped);
            kept.put(child.name(), child);
            super.moveUp();
        }
        return super.hasMoreChildren();
    }

    @Override
    public void moveDown() {
        depth++;
        super.moveDown();
    }

    @Override
    public void moveUp() {
        depth--;
        super.moveUp();
    }
}
