package org.jenkinsci.plugins.mesos;

import hudson.util.FormValidation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jenkins.model.Jenkins;

/** The line of the form that says what an agent of a template takes, and whether the cluster could hold it. */
final class AgentSize {
    private AgentSize() {}

    /**
     * @param template the contract's Template as it stands in the form
     * @param cloudID names the saved cloud, for the templates that it inherits from and for its cluster; may be null
     */
    static FormValidation of(Map<String, Object> template, String cloudID) {
        if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
            return FormValidation.ok();
        }
        List<Map<String, Object>> templates = new ArrayList<>();
        templates.add(template);
        if (template.get("inheritFrom") != null) {
            FieldCheck.templatesOf(cloudID).forEach(each -> templates.add(each.toConfig()));
        }
        for (Validation.Total total : FieldCheck.validateTemplates(templates).totals()) {
            if (total.template() == 0) {
                MesosFramework framework = cloudID == null ? null : MesosFrameworks.find(cloudID);
                return framework == null ? FormValidation.ok(text(total)) : within(framework, total);
            }
        }
        return FormValidation.ok(Messages.AgentSize_unknown());
    }

    private static FormValidation within(MesosFramework framework, Validation.Total total) {
        Capacity least;
        Capacity most;
        try {
            least = framework.capacity(total.minCpus(), total.minMem(), total.disk());
            most = framework.capacity(total.maxCpus(), total.maxMem(), total.disk());
        } catch (NativeException | IllegalArgumentException e) {
            // closed a moment ago
            return FormValidation.ok(text(total));
        }
        return judge(text(total), least, most);
    }

    /** What to say of an agent with the fewest and with the most executors. */
    static FormValidation judge(String size, Capacity least, Capacity most) {
        if (!most.known()) {
            return FormValidation.ok(Messages.AgentSize_notSeen(size));
        }
        if (most.agentsThatFit() > 0) {
            return FormValidation.ok(Messages.AgentSize_fits(size, most.agentsThatFit(), most.agents()));
        }
        String largest = amounts(most.cpus(), most.mem(), most.disk());
        return FormValidation.warning(
                least.agentsThatFit() > 0
                        ? Messages.AgentSize_fitsWithFewer(size, largest)
                        : Messages.AgentSize_fitsNowhere(size, most.agents(), largest));
    }

    private static String text(Validation.Total total) {
        String least = amounts(total.minCpus(), total.minMem(), total.disk());
        if (total.minCpus() == total.maxCpus() && total.minMem() == total.maxMem()) {
            return least;
        }
        return Messages.AgentSize_range(least, amounts(total.maxCpus(), total.maxMem(), total.disk()));
    }

    private static String amounts(double cpus, double mem, double disk) {
        return Messages.AgentSize_amounts(
                MesosFramework.amount(cpus), MesosFramework.amount(mem), MesosFramework.amount(disk));
    }
}
