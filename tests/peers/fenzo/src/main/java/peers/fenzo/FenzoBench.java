package peers.fenzo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Netflix Fenzo's {@code TaskScheduler.scheduleOnce} on files that any other matcher can read ({@link CaseFile}). Reads
 * questions from standard input, one a line, and answers each with a line; fields are separated by tabs.
 *
 * <pre>
 *   run    MODE FILE ASSIGNMENTS     measures, and writes lines TASK tab HOST, or - for none
 *   check  MODE FILE ASSIGNMENTS     judges any matcher's assignments
 * </pre>
 *
 * {@code -Dseconds=S} (10) is the time measured for each case after half of it to warm up, {@code -Dmin=N} (5) and
 * {@code -Dmax=N} (200) bound the number of calls. Fenzo evaluates on as many threads as there are processors
 * ({@code -XX:ActiveProcessorCount}); it has no option for it.
 */
public final class FenzoBench {
    private static final String COLUMNS = "median_ms\tp99_ms\tmin_ms\toffers_only_median_ms\titerations\tthreads";

    private final double seconds = Double.parseDouble(System.getProperty("seconds", "10"));
    private final int least = Integer.getInteger("min", 5);
    private final int most = Integer.getInteger("max", 200);

    private FenzoBench() {}

    /** See the class. The first lines tell the columns of the answers. */
    public static void main(String[] words) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println(COLUMNS);
        out.println(Judge.COLUMNS);
        FenzoBench bench = new FenzoBench();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(bench.answer(line.split("\t")));
        }
    }

    private String answer(String[] question) throws IOException {
        Mode mode = Mode.of(question[1]);
        CaseFile input = CaseFile.read(Path.of(question[2]));
        Path assignments = Path.of(question[3]);
        return switch (question[0]) {
            case "run" -> measure(input, mode, assignments);
            case "check" -> Judge.judge(input, read(assignments), mode.constraint());
            default -> throw new IOException("no question " + question[0]);
        };
    }

    private static Map<String, String> read(Path file) throws IOException {
        Map<String, String> result = new HashMap<>();
        for (String line : Files.readAllLines(file)) {
            String[] fields = line.split("\t");
            if (!fields[1].equals("-") && result.put(fields[0], fields[1]) != null) {
                throw new IOException(file + ": twice: " + fields[0]);
            }
        }
        return result;
    }

    private static void write(CaseFile input, Map<String, String> assignments, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        for (CaseFile.Task task : input.tasks()) {
            lines.add(task.name() + "\t" + assignments.getOrDefault(task.name(), "-"));
        }
        Files.write(file, lines);
    }

    private String measure(CaseFile input, Mode mode, Path assignments) throws IOException {
        long end = System.nanoTime() + (long) (seconds * 0.5e9);
        for (int round = 0; round < most && (round < 3 || System.nanoTime() < end); round++) {
            FenzoCall.withoutTasks(input, mode);
            FenzoCall.withTasks(input, mode);
        }
        List<Long> whole = new ArrayList<>();
        List<Long> offersOnly = new ArrayList<>();
        FenzoCall last = null;
        end = System.nanoTime() + (long) (seconds * 1e9);
        while (whole.size() < most && (whole.size() < least || System.nanoTime() < end)) {
            offersOnly.add(FenzoCall.withoutTasks(input, mode).nanos);
            last = FenzoCall.withTasks(input, mode);
            whole.add(last.nanos);
        }
        write(input, last.assignments, assignments);
        double[] times = sorted(whole);
        return String.format(
                Locale.ROOT,
                "%.3f\t%.3f\t%.3f\t%.3f\t%d\t%d",
                quantile(times, 0.5),
                quantile(times, 0.99),
                times[0],
                quantile(sorted(offersOnly), 0.5),
                times.length,
                Runtime.getRuntime().availableProcessors());
    }

    /** In milliseconds. */
    private static double[] sorted(List<Long> nanos) {
        double[] result = nanos.stream().mapToDouble(value -> value / 1e6).toArray();
        Arrays.sort(result);
        return result;
    }

    private static double quantile(double[] sorted, double part) {
        int place = (int) Math.ceil(part * sorted.length) - 1;
        return sorted[Math.max(0, Math.min(sorted.length - 1, place))];
    }
}
