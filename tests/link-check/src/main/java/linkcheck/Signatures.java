package linkcheck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a list of signatures: lines {@code C class flags superclass interfaces jar}, each followed by its public and
 * protected members as {@code F|M name descriptor flags}; columns are separated by tabs, words in a column by blanks or
 * commas.
 */
final class Signatures {
    private Signatures() {}

    static Map<String, Type> read(Path file) throws IOException {
        Map<String, Type> types = new HashMap<>();
        Type current = null;
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            String[] column = line.split("\t", -1);
            if (column[0].equals("C") && column.length >= 5) {
                List<String> parents = new ArrayList<>(words(column[3]));
                parents.addAll(words(column[4]));
                current = new Type(column[1], Set.copyOf(words(column[2])), parents);
                types.put(current.name(), current);
            } else if (column.length >= 4 && current != null) {
                current.members().put(column[1] + column[2], Set.copyOf(words(column[3])));
            } else if (!line.isBlank()) {
                throw new IOException(file + ":" + number + ": neither a class nor a member: " + line);
            }
        }
        return types;
    }

    private static List<String> words(String column) {
        List<String> words = new ArrayList<>();
        for (String word : column.split("[ ,]")) {
            if (!word.isEmpty() && !words.contains(word)) {
                words.add(word);
            }
        }
        return words;
    }
}
