package peers.fenzo;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Judges assignments, whoever made them: nothing may be given twice, and each task must be where it may be. */
final class Judge {
    static final String COLUMNS =
            "assigned\tcpu_utilisation\tmem_utilisation\thosts_used\tcpu_utilisation_of_used\tmem_utilisation_of_used";

    /** For amounts with three decimals that were added up as floating-point numbers. */
    private static final double ROUNDING = 1e-6;

    private Judge() {}

    /** What is used of a host. */
    private static final class Load {
        final CaseFile.Host host;
        double cpus;
        double mem;
        int ports;
        int tasks;
        final Set<Integer> fixedPorts = new HashSet<>();

        Load(CaseFile.Host host) {
            this.host = host;
            cpus = host.cpusUsed();
            mem = host.memUsed();
        }

        void add(CaseFile.Task task) {
            cpus += task.cpus();
            mem += task.mem();
            ports += task.ports();
            tasks++;
            int port = task.fixedPort();
            if (port != 0) {
                ports++;
                if (port < host.firstPort() || port > host.lastPort() || !fixedPorts.add(port)) {
                    throw new IllegalStateException("port of " + task + " is not free on " + host);
                }
            }
        }

        void check() {
            if (cpus > host.cpus() + ROUNDING || mem > host.mem() + ROUNDING || ports > host.ports()) {
                throw new IllegalStateException(
                        "overcommitted: " + host + ": " + cpus + " CPUs, " + mem + " MB, " + ports + " ports");
            }
        }
    }

    /**
     * How many tasks have a host, how much of all hosts is used then, how many hosts got tasks, and how much of these
     * is used.
     *
     * @throws IllegalStateException if the assignments are not possible
     */
    static String judge(CaseFile input, Map<String, String> assignments, boolean constraint) {
        Map<String, Load> loads = new HashMap<>();
        input.hosts().forEach(host -> loads.put(host.name(), new Load(host)));
        int assigned = 0;
        for (CaseFile.Task task : input.tasks()) {
            String name = assignments.get(task.name());
            if (name == null) {
                continue;
            }
            Load load = loads.get(name);
            if (load == null || constraint && !load.host.zone().equals(task.zone())) {
                throw new IllegalStateException(task + " cannot be on " + name);
            }
            load.add(task);
            assigned++;
        }
        loads.values().forEach(Load::check);
        List<Load> all = List.copyOf(loads.values());
        List<Load> touched = all.stream().filter(load -> load.tasks > 0).toList();
        return String.format(
                Locale.ROOT,
                "%d\t%.4f\t%.4f\t%d\t%.4f\t%.4f",
                assigned,
                cpus(all),
                mem(all),
                touched.size(),
                cpus(touched),
                mem(touched));
    }

    private static double cpus(List<Load> loads) {
        double whole = loads.stream().mapToDouble(load -> load.host.cpus()).sum();
        return whole == 0 ? 0 : loads.stream().mapToDouble(load -> load.cpus).sum() / whole;
    }

    private static double mem(List<Load> loads) {
        double whole = loads.stream().mapToDouble(load -> load.host.mem()).sum();
        return whole == 0 ? 0 : loads.stream().mapToDouble(load -> load.mem).sum() / whole;
    }
}
