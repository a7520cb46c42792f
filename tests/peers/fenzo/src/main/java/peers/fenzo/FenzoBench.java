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
 * Netflix Fenzo's {@code TaskScheduler.scheduleOnce} on files that any other matcher can read ({@link CaseFile}).
 *
 * <pre>
 *   serve                                     reads lines MODE tab FILE, answers each with a line of figures
 *   check FILE ASSIGNMENTS [constraint]       judges any matcher's assignments (lines TASK tab HOST, or - for none)
 * </pre>
 *
 * {@code -Dseconds=S} (10) is the time measured for each case after half of it to warm up, {@code -Dmin=N} (5) and
 * {@code -Dmax=N} (200) bound the number of calls. Fenzo evaluates on as many threads as there are processors
 * ({@code -XX:ActiveProcessorCount}); it has no option for it.
 */
public final class FenzoBench {
    private static final String COLUMNS =
            "median_ms\tp99_ms\t" + Judge.COLUMNS + "\tmin_ms\toffers_only_median_ms\titerations\tthreads";

    private final double seconds = Double.parseDouble(System.getProperty("seconds", "10"));
    private final int least = Integer.getInteger("min", 5);
    private final int most = Integer.getInteger("max", 200);

    private FenzoBench() {}

    /** See the class. */
    public static void main(String[] words) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        switch (words[0]) {
            case "serve" -> new FenzoBench().serve(out);
            case "check" -> {
                boolean constraint = words.length > 3 && words[3].equals("constraint");
                CaseFile input = CaseFile.read(Path.of(words[1]));
                out.println(Judge.judge(input, assignments(Path.of(words[2])), constraint));
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private static Map<String, String> assignments(Path file) throws IOException {
        Map<String, String> result = new HashMap<>();
        for (String line : Files.readAllLines(file)) {
            String[] fields = line.split("\t");
            if (!fields[1].equals("-") && result.put(fields[0], fields[1]) != null) {
                throw new IOException(file + ": twice: " + fields[0]);
            }
        }
        return result;
    }

    private void serve(PrintStream out) throws IOException {
        out.println(COLUMNS);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] fields = line.split("\t");
            out.println(measure(CaseFile.read(Path.of(fields[1])), Mode.of(fields[0])));
        }
    }

    private String measure(CaseFile input, Mode mode) {
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
        double[] times = sorted(whole);
        return String.format(
                Locale.ROOT,
                "%.3f\t%.3f\t%s\t%.3f\t%.3f\t%d\t%d",
                quantile(times, 0.5),
                quantile(times, 0.99),
                Judge.judge(input, last.assignments, mode.constraint()),
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
