package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.util.FormValidation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jenkins.model.Jenkins;

/** The line of the form that says what an agent of a template takes. */
final class AgentSize {
    private AgentSize() {}

    /**
     * @param template the contract's Template as it stands in the form
     * @param cloudID names the saved cloud, for the templates that it inherits from; may be null
     */
    static FormValidation of(Map<String, Object> template, String cloudID) {
        if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
            return FormValidation.ok();
        }
        List<Map<String, Object>> templates = new ArrayList<>();
        templates.add(template);
        if (Util.fixEmptyAndTrim(String.valueOf(template.get("inheritFrom"))) != null) {
            FieldCheck.templatesOf(cloudID).forEach(each -> templates.add(each.toConfig()));
        }
        for (Validation.Total total : FieldCheck.validateTemplates(templates).totals()) {
            if (total.template() == 0) {
                return FormValidation.ok(text(total));
            }
        }
        return FormValidation.ok(Messages.AgentSize_unknown());
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
