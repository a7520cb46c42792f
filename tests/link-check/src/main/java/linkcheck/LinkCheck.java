package linkcheck;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Says what would not link where the known API is the given one: types and members that are not there (inherited ones
 * count), final methods that are overridden, final classes that are extended, and abstract methods that nobody
 * implements. What ends outside the known API, in the JDK or a library, is not judged.
 */
public final class LinkCheck {
    private static final Pattern API = Pattern.compile(
            "(hudson|jenkins|org/kohsuke/stapler|org/jenkinsci|com/cloudbees/plugins/credentials|io/jenkins)/.*");

    /** What plugins and Jenkins pass around and do not own. */
    private static final Pattern LIBRARY = Pattern.compile("(org/springframework|com/codahale)/.*");

    /** Of {@code java.lang.Object}; all else has it. */
    private static final Pattern OBJECT = Pattern.compile(
            "(getClass|hashCode|equals|toString|notify|notifyAll|wait|clone|finalize|<init>)\\(.*");

    private final Map<String, Type> api;
    private final Map<String, Type> known;
    private final Set<String> problems = new TreeSet<>();
    private final Set<String> notJudged = new TreeSet<>();
    private int checked;

    private LinkCheck(Map<String, Type> api) {
        this.api = api;
        this.known = new HashMap<>(api);
    }

    /**
     * The outcome.
     *
     * @param checked number of references that could be judged
     * @param problems one line each, none if all links
     * @param notJudged types of {@link UnlistedPlugins} that are referred to, if those were not given
     */
    public record Outcome(int checked, List<String> problems, List<String> notJudged) {}

    /** Checks the classes in a plugin's archive, or in a folder, against an API. */
    public static Outcome check(Map<String, Type> api, Path classes) throws IOException {
        return check(api, ClassFiles.of(classes));
    }

    static Outcome check(Map<String, Type> api, List<byte[]> classes) {
        LinkCheck check = new LinkCheck(api);
        List<ClassReading> readings = classes.stream().map(ClassReading::of).toList();
        readings.forEach(reading -> check.known.put(reading.type().name(), reading.type()));
        readings.forEach(check::judge);
        return new Outcome(check.checked, new ArrayList<>(check.problems), new ArrayList<>(check.notJudged));
    }

    /**
     * Members of hand-written stubs that the API does not have: what a stub invents would compile and not link.
     */
    static List<String> invented(Map<String, Type> api, List<byte[]> stubs) {
        List<String> invented = new ArrayList<>();
        for (byte[] stub : stubs) {
            Type type = ClassReading.of(stub).type();
            Type real = api.get(type.name());
            if (real == null && UnlistedPlugins.have(type.name())) {
                continue;
            }
            if (real == null) {
                // not judged: a type that only its own package sees, by which a stub does its work where it stands in
                // for the real type; and a library's
                if (type.flags().contains("public") && !LIBRARY.matcher(type.name()).matches()) {
                    invented.add("no type " + type.name());
                }
                continue;
            }
            type.members().forEach((member, flags) -> {
                if (!flags.contains("private") && !flags.contains("synthetic") && !member.startsWith("<clinit>")
                        && !member.startsWith("<init>()") && new LinkCheck(api).find(type.name(), member) != Boolean.TRUE) {
                    invented.add("no member " + type.name() + "#" + member);
                }
            });
        }
        return invented;
    }

    private void judge(ClassReading reading) {
        String from = "   (" + reading.type().name() + ")";
        for (String name : reading.types) {
            if (isUnlisted(name)) {
                notJudged.add(name);
            } else if (API.matcher(name).matches()) {
                checked++;
                if (!known.containsKey(name)) {
                    problems.add("no type    " + name + from);
                }
            }
        }
        for (ClassReading.Reference reference : reading.members) {
            Boolean found = find(reference.owner(), reference.member());
            if (found != null) {
                checked++;
                if (!found) {
                    problems.add("no member  " + reference + from);
                }
            }
        }
        inheritance(reading.type());
    }

    private boolean isUnlisted(String name) {
        return !known.containsKey(name) && UnlistedPlugins.have(name);
    }

    private void inheritance(Type type) {
        for (String parent : type.parents()) {
            if (known.containsKey(parent) && known.get(parent).flags().contains("final")) {
                problems.add("final type " + parent + "   (extended by " + type.name() + ")");
            }
        }
        List<Type> ancestors = new ArrayList<>();
        collect(type, ancestors, new HashSet<>());
        for (Type ancestor : ancestors) {
            ancestor.members().forEach((member, flags) -> {
                if (!member.contains("(") || flags.contains("static") || member.startsWith("<")) {
                    return;
                }
                Set<String> own = type.members().get(member);
                if (flags.contains("final") && own != null && !own.contains("private") && !own.contains("static")) {
                    problems.add("final      " + ancestor.name() + "#" + member + "   (overridden by " + type.name() + ")");
                }
                if (flags.contains("abstract") && !type.isAbstract() && !isImplemented(type, member)) {
                    problems.add("abstract   " + ancestor.name() + "#" + member + "   (not implemented by " + type.name() + ")");
                }
            });
        }
    }

    private boolean isImplemented(Type type, String member) {
        List<Type> line = new ArrayList<>();
        line.add(type);
        collect(type, line, new HashSet<>());
        boolean endsOutside = false;
        for (Type each : line) {
            Set<String> flags = each.members().get(member);
            if (flags != null && !flags.contains("abstract")) {
                return true;
            }
            endsOutside |= each.parents().stream().anyMatch(p -> !known.containsKey(p) && !p.equals("java/lang/Object"));
        }
        // a superclass that is not listed may have it
        return endsOutside || OBJECT.matcher(member).matches();
    }

    private void collect(Type type, List<Type> ancestors, Set<String> seen) {
        for (String name : type.parents()) {
            Type parent = known.get(name);
            if (parent != null && seen.add(name)) {
                ancestors.add(parent);
                collect(parent, ancestors, seen);
            }
        }
    }

    /** True if found, false if the whole known ancestry lacks it, null if some ancestor is unknown. */
    private Boolean find(String owner, String member) {
        return find(owner, member, new HashSet<>());
    }

    private Boolean find(String owner, String member, Set<String> seen) {
        if (!seen.add(owner)) {
            return Boolean.FALSE;
        }
        if (owner.equals("java/lang/Object")) {
            return OBJECT.matcher(member).matches();
        }
        Type type = known.get(owner);
        if (type == null) {
            return API.matcher(owner).matches() && !isUnlisted(owner) ? Boolean.FALSE : null;
        }
        if (type.members().containsKey(member)) {
            return Boolean.TRUE;
        }
        boolean unknown = false;
        for (String parent : type.parents()) {
            Boolean found = find(parent, member, seen);
            if (found == null) {
                unknown = true;
            } else if (found) {
                return Boolean.TRUE;
            }
        }
        return unknown ? null : Boolean.FALSE;
    }

    /** Arguments: a file of signatures, a plugin's archive. Exit status 1 if anything would not link. */
    public static void main(String[] arguments) throws IOException {
        Outcome outcome = check(Signatures.read(Path.of(arguments[0])), Path.of(arguments[1]));
        outcome.problems().forEach(System.out::println);
        System.out.println("references to the API: " + outcome.checked() + ", problems: " + outcome.problems().size());
        System.exit(outcome.problems().isEmpty() && outcome.checked() > 0 ? 0 : 1);
    }
}
