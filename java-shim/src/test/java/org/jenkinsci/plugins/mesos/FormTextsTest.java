package org.jenkinsci.plugins.mesos;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import junit.framework.TestCase;

/** Every text of the forms and pages is there in both languages. */
public class FormTextsTest extends TestCase {
    private static final Path RESOURCES = Path.of("src/main/resources/org/jenkinsci/plugins/mesos");
    private static final Pattern FIELD = Pattern.compile(
            "<f:(?:entry|optionalProperty|descriptorList)\\b[^>]*\\bfield=\"(\\w+)\"");
    private static final Pattern TITLE = Pattern.compile("descriptor\\.title\\('(\\w+)'\\)");
    private static final Pattern LOCAL = Pattern.compile("\\$\\{%([^}]+)\\}");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\d+");

    public void testEveryFieldHasHelpInBothLanguages() throws IOException {
        List<String> missing = new ArrayList<>();
        int fields = 0;
        for (Path form : jellies()) {
            for (String field : all(FIELD, Files.readString(form))) {
                fields++;
                for (String suffix : List.of("", "_zh_CN")) {
                    Path help = form.resolveSibling("help-" + field + suffix + ".html");
                    if (!Files.exists(help) || Files.readString(help).isBlank()) {
                        missing.add(RESOURCES.relativize(help).toString());
                    }
                }
            }
        }
        assertTrue("the forms were found", fields > 80);
        assertEquals(List.of(), missing);
    }

    public void testHelpIsOfFieldsThatAreThere() throws IOException {
        Map<Path, Set<String>> fields = new TreeMap<>();
        for (Path form : jellies()) {
            fields.computeIfAbsent(form.getParent(), folder -> new TreeSet<>()).addAll(all(FIELD, Files.readString(form)));
        }
        List<String> useless = new ArrayList<>();
        for (Path folder : fields.keySet()) {
            try (Stream<Path> files = Files.list(folder)) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.startsWith("help-"))
                        .map(name -> name.replaceAll("help-(\\w+?)(_zh_CN)?\\.html", "$1"))
                        .filter(field -> !fields.get(folder).contains(field))
                        .forEach(field -> useless.add(folder.getFileName() + "/" + field));
            }
        }
        assertEquals(List.of(), useless);
    }

    public void testEveryFieldHasATitle() throws IOException {
        Properties messages = properties(RESOURCES.resolve("Messages.properties"));
        List<String> missing = new ArrayList<>();
        for (Path form : jellies()) {
            String text = Files.readString(form);
            for (String field : all(TITLE, text)) {
                String key = form.getParent().getFileName() + ".title." + field;
                if (!messages.containsKey(key)) {
                    missing.add(key);
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    public void testEveryMessageIsThereInBothLanguages() throws IOException {
        Properties english = properties(RESOURCES.resolve("Messages.properties"));
        Properties chinese = properties(RESOURCES.resolve("Messages_zh_CN.properties"));
        assertEquals(english.stringPropertyNames(), chinese.stringPropertyNames());
        List<String> different = new ArrayList<>();
        for (String key : new TreeSet<>(english.stringPropertyNames())) {
            if (!places(english.getProperty(key)).equals(places(chinese.getProperty(key)))) {
                different.add(key);
            }
        }
        assertEquals("messages with other values in Chinese", List.of(), different);
    }

    /** Where a text stands in a page itself. */
    public void testEveryTextOfAPageIsThereInBothLanguages() throws IOException {
        List<String> missing = new ArrayList<>();
        for (Path page : jellies()) {
            Set<String> keys = all(LOCAL, Files.readString(page));
            String name = page.getFileName().toString().replace(".jelly", "");
            for (String suffix : List.of(".properties", "_zh_CN.properties")) {
                Path file = page.resolveSibling(name + suffix);
                Properties texts = properties(file);
                for (String key : keys) {
                    boolean withValues = key.matches("\\w+\\(.*\\)");
                    // without values to put in, a key is its own English text
                    boolean needed = withValues || suffix.contains("zh");
                    if (needed && !texts.containsKey(withValues ? key.substring(0, key.indexOf('(')) : key)) {
                        missing.add(RESOURCES.relativize(file) + ": " + key);
                    }
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    /** Each text is a format, in which one apostrophe alone is left out and what follows it is taken as it is. */
    public void testNoApostropheIsLost() throws IOException {
        List<String> alone = new ArrayList<>();
        int texts = 0;
        try (Stream<Path> files = Files.walk(RESOURCES)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".properties")).sorted().toList()) {
                Properties properties = properties(file);
                texts += properties.size();
                for (String key : new TreeSet<>(properties.stringPropertyNames())) {
                    if (properties.getProperty(key).replace("''", "").contains("'")) {
                        alone.add(RESOURCES.relativize(file) + ": " + key);
                    }
                }
            }
        }
        assertTrue("the texts were found", texts > 400);
        assertEquals(List.of(), alone);
    }

    private static Set<String> places(String message) {
        return all(PLACEHOLDER, message);
    }

    /** What the first group of each match holds, or the match where there is no group. */
    private static Set<String> all(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(matcher.groupCount() == 0 ? matcher.group() : matcher.group(1));
        }
        return found;
    }

    private static List<Path> jellies() throws IOException {
        try (Stream<Path> files = Files.walk(RESOURCES)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".jelly")).sorted().toList();
        }
    }

    private static Properties properties(Path file) throws IOException {
        Properties properties = new Properties();
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
        }
        return properties;
    }
}
