package linkcheck;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A class or interface as far as linking is concerned.
 *
 * @param name internal, as in {@code hudson/model/Node}
 * @param flags words such as public, final, abstract, interface
 * @param parents superclass, if any, and interfaces
 * @param members name and descriptor, to flags
 */
record Type(String name, Set<String> flags, List<String> parents, Map<String, Set<String>> members) {
    Type(String name, Set<String> flags, List<String> parents) {
        this(name, flags, parents, new HashMap<>());
    }

    boolean isAbstract() {
        return flags.contains("abstract") || flags.contains("interface");
    }
}
