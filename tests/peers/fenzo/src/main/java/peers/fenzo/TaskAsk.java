package peers.fenzo;

import com.netflix.fenzo.ConstraintEvaluator;
import com.netflix.fenzo.TaskRequest;
import com.netflix.fenzo.VMTaskFitnessCalculator;
import java.util.List;
import java.util.Map;

/** A task, as Fenzo takes it. */
final class TaskAsk implements TaskRequest {
    private final CaseFile.Task task;
    private final List<ConstraintEvaluator> constraints;
    private AssignedResources assigned;

    TaskAsk(CaseFile.Task task, List<ConstraintEvaluator> constraints) {
        if (task.fixedPort() != 0) {
            throw new IllegalArgumentException("Fenzo knows no fixed ports: " + task);
        }
        this.task = task;
        this.constraints = constraints;
    }

    /** What runs on a host already. */
    static TaskAsk running(CaseFile.Host host) {
        return new TaskAsk(
                new CaseFile.Task("r-" + host.name(), host.cpusUsed(), host.memUsed(), host.zone(), 0, 0), List.of());
    }

    @Override
    public String getId() {
        return task.name();
    }

    @Override
    public String taskGroupName() {
        return "";
    }

    @Override
    public double getCPUs() {
        return task.cpus();
    }

    @Override
    public double getMemory() {
        return task.mem();
    }

    @Override
    public double getNetworkMbps() {
        return 0;
    }

    @Override
    public double getDisk() {
        return 0;
    }

    @Override
    public int getPorts() {
        return task.ports();
    }

    @Override
    public Map<String, Double> getScalarRequests() {
        return Map.of();
    }

    @Override
    public Map<String, NamedResourceSetRequest> getCustomNamedResources() {
        return Map.of();
    }

    @Override
    public List<ConstraintEvaluator> getHardConstraints() {
        return constraints;
    }

    @Override
    public List<VMTaskFitnessCalculator> getSoftConstraints() {
        return List.of();
    }

    @Override
    public void setAssignedResources(AssignedResources resources) {
        assigned = resources;
    }

    @Override
    public AssignedResources getAssignedResources() {
        return assigned;
    }
}
