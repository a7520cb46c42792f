package org.jenkinsci.plugins.mesos;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import junit.framework.TestCase;

/** Every text of the forms and pages is there in both languages. */
public class FormTextsTest extends TestCase {
    private static final Path RESOURCES = Path.of("src/main/resources/org/jenkinsci/plugins/mesos");
    private static final Pattern FIELD = Pattern.compile("field=\"(\\w+)\"");
    private static final Pattern TITLE = Pattern.compile("descriptor\\.title\\('(\\w+)'\\)");
    private static final Pattern LOCAL = Pattern.compile("\\$\\{%([^}]+)\\}");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\d+");

    public void testEveryFieldHasHelpInBothLanguages() throws IOException {
        List<String> missing = new ArrayList<>();
        int fields = 0;
        for (Path form : jellies("config.jelly")) {
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
        List<String> useless = new ArrayList<>();
        for (Path form : jellies("config.jelly")) {
            Set<String> fields = all(FIELD, Files.readString(form));
            try (Stream<Path> files = Files.list(form.getParent())) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.startsWith("help-"))
                        .map(name -> name.replaceAll("help-(\\w+?)(_zh_CN)?\\.html", "$1"))
                        .filter(field -> !fields.contains(field))
                        .forEach(field -> useless.add(form.getParent().getFileName() + "/" + field));
            }
        }
        assertEquals(List.of(), useless);
    }

    public void testEveryFieldHasATitle() throws IOException {
        Properties messages = properties(RESOURCES.resolve("Messages.properties"));
        List<String> missing = new ArrayList<>();
        for (Path form : jellies("config.jelly")) {
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
        for (Path page : jellies(".jelly")) {
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

    private static List<Path> jellies(String ending) throws IOException {
        try (Stream<Path> files = Files.walk(RESOURCES)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ending)).sorted().toList();
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
