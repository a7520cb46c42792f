package peers.fenzo;

import com.netflix.fenzo.ConstraintEvaluator;
import com.netflix.fenzo.SchedulingResult;
import com.netflix.fenzo.TaskAssignmentResult;
import com.netflix.fenzo.TaskRequest;
import com.netflix.fenzo.TaskScheduler;
import com.netflix.fenzo.VMAssignmentResult;
import com.netflix.fenzo.VirtualMachineLease;
import com.netflix.fenzo.plugins.BinPackingFitnessCalculators;
import com.netflix.fenzo.plugins.HostAttrValueConstraint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One {@code scheduleOnce} with all offers on a fresh scheduler that knows what runs on each host. That part, and the
 * making of lease and request objects, is not measured.
 */
final class FenzoCall {
    /** How long the measured call took, in nanoseconds. */
    final long nanos;
    /** Task to host. */
    final Map<String, String> assignments;

    private FenzoCall(long nanos, Map<String, String> assignments) {
        this.nanos = nanos;
        this.assignments = assignments;
    }

    static FenzoCall withTasks(CaseFile input, Mode mode) {
        return call(input, mode, input.tasks());
    }

    /** What taking the offers in costs. */
    static FenzoCall withoutTasks(CaseFile input, Mode mode) {
        return call(input, mode, List.of());
    }

    private static FenzoCall call(CaseFile input, Mode mode, List<CaseFile.Task> tasks) {
        List<ConstraintEvaluator> constraints = new ArrayList<>();
        if (mode.constraint()) {
            Map<String, String> zones = new HashMap<>();
            input.tasks().forEach(task -> zones.put(task.name(), task.zone()));
            constraints.add(new HostAttrValueConstraint("zone", zones::get));
        }
        TaskScheduler scheduler = new TaskScheduler.Builder()
                .withFitnessCalculator(BinPackingFitnessCalculators.cpuMemBinPacker)
                .withFitnessGoodEnoughFunction(fitness -> fitness >= mode.enough())
                .withLeaseOfferExpirySecs(1_000_000_000L)
                .withLeaseRejectAction(lease -> {
                    throw new IllegalStateException("rejected " + lease.hostname());
                })
                .build();
        List<VirtualMachineLease> leases = new ArrayList<>();
        for (CaseFile.Host host : input.hosts()) {
            scheduler.getTaskAssigner().call(TaskAsk.running(host), host.name());
            leases.add(new HostLease(host));
        }
        List<TaskRequest> requests = new ArrayList<>();
        tasks.forEach(task -> requests.add(new TaskAsk(task, constraints)));
        long start = System.nanoTime();
        SchedulingResult result = scheduler.scheduleOnce(requests, leases);
        long nanos = System.nanoTime() - start;
        if (!result.getExceptions().isEmpty()) {
            throw new IllegalStateException(result.getExceptions().get(0));
        }
        scheduler.shutdown();
        Map<String, String> assignments = new HashMap<>();
        for (VMAssignmentResult host : result.getResultMap().values()) {
            for (TaskAssignmentResult task : host.getTasksAssigned()) {
                assignments.put(task.getTaskId(), host.getHostname());
            }
        }
        return new FenzoCall(nanos, assignments);
    }
}
