package peers.fenzo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A case: hosts with what is used on them, and tasks to be placed in the file's order. Tab separated lines; {@code #}
 * starts a comment line.
 *
 * <pre>
 *   H  host  cpus_total  mem_mb_total  cpus_used  mem_mb_used  zone  [first_port-last_port]
 *   T  task  cpus  mem_mb  zone  [ports]
 * </pre>
 *
 * A host's offer is what is not used, and its ports. A task's zone is a constraint in the mode {@code constraint} only.
 * {@code ports} is a number: that many ports of the host, whichever; or {@code =} and a port: that one. CPU amounts
 * have at most three decimals, memory is whole MB.
 */
record CaseFile(List<Host> hosts, List<Task> tasks) {
    /** A host; without ports {@code firstPort} is 0. */
    record Host(
            String name,
            double cpus,
            double mem,
            double cpusUsed,
            double memUsed,
            String zone,
            int firstPort,
            int lastPort) {
        int ports() {
            return firstPort == 0 ? 0 : lastPort - firstPort + 1;
        }
    }

    /** A task; {@code ports} are any ports, {@code fixedPort} is 0 or one that it must have. */
    record Task(String name, double cpus, double mem, String zone, int ports, int fixedPort) {}

    static CaseFile read(Path file) throws IOException {
        CaseFile result = new CaseFile(new ArrayList<>(), new ArrayList<>());
        for (String line : Files.readAllLines(file)) {
            String[] fields = line.split("\t");
            switch (fields[0]) {
                case "H" -> result.hosts.add(host(fields));
                case "T" -> result.tasks.add(task(fields));
                default -> {
                    if (!line.startsWith("#")) {
                        throw new IOException(file + ": not understood: " + line);
                    }
                }
            }
        }
        return result;
    }

    private static Host host(String[] fields) {
        String[] ports = fields.length > 7 ? fields[7].split("-") : new String[] {"0", "0"};
        return new Host(
                fields[1],
                Double.parseDouble(fields[2]),
                Double.parseDouble(fields[3]),
                Double.parseDouble(fields[4]),
                Double.parseDouble(fields[5]),
                fields[6],
                Integer.parseInt(ports[0]),
                Integer.parseInt(ports[1]));
    }

    private static Task task(String[] fields) {
        String ports = fields.length > 5 ? fields[5] : "0";
        boolean fixed = ports.startsWith("=");
        return new Task(
                fields[1],
                Double.parseDouble(fields[2]),
                Double.parseDouble(fields[3]),
                fields[4],
                fixed ? 0 : Integer.parseInt(ports),
                fixed ? Integer.parseInt(ports.substring(1)) : 0);
    }
}
