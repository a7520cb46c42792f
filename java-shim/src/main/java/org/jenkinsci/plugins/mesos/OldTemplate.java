package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A template as versions before 3.0 wrote it, into one of ours. */
final class OldTemplate {
    /** Elements that our class has no fields for: of versions before 0.16, and of 0.4. */
    static final Set<String> ELEMENTS = Set.of("slaveAttributes", "containerImage", "containerOptions");

    private static final double LEAST_CPUS = 0.001;

    private OldTemplate() {}

    /** What can be told without knowing which version wrote the template; for one that was just read. */
    static void restore(MesosSlaveInfo template, Map<String, XmlTree> kept) {
        XmlTree attributes = kept.get("slaveAttributes");
        if (attributes != null && template.getSlaveAttributesString() == null) {
            template.setSlaveAttributesString(OldAttributes.ofDump(attributes));
        }
        XmlTree image = kept.get("containerImage");
        if (image != null && !image.text().isEmpty() && template.getExternalContainerInfo() == null) {
            XmlTree options = kept.get("containerOptions");
            template.keepExternalContainer(image.text(), options == null ? "" : options.text());
        }
    }

    /** The rest, for a template of an old cloud; adds what was done and what a person should look at. */
    static void convert(MesosSlaveInfo template, List<Finding> findings) {
        String label = template.key();
        cpus(template, label, findings);
        jvmArgs(template, label, findings);
        attributes(template, label, findings);
        if (label.matches(".*[:/].*")) {
            findings.add(Finding.converted(label, "label"));
        }
        if (template.getExternalContainerInfo() != null) {
            findings.add(Finding.toLookAt(
                    label, "externalContainer", Util.fixNull(template.getExternalContainerInfo().getImage())));
        }
    }

    /** Old agents could do with none of their own; Mesos counts thousandths, and a task takes one at least. */
    private static void cpus(MesosSlaveInfo template, String label, List<Finding> findings) {
        String text = template.getSlaveCpus();
        try {
            double cpus = Double.parseDouble(text);
            if (cpus >= 0 && cpus < LEAST_CPUS) {
                template.setSlaveCpus(String.valueOf(LEAST_CPUS));
                findings.add(Finding.converted(label, "cpus", text, LEAST_CPUS));
            }
        } catch (NumberFormatException e) {
            // the validation says so
            return;
        }
    }

    private static void jvmArgs(MesosSlaveInfo template, String label, List<Finding> findings) {
        OldJvmArgs arguments = OldJvmArgs.of(template.getJvmArgs());
        if (!arguments.dropped().isEmpty()) {
            template.setJvmArgs(arguments.kept());
            findings.add(Finding.converted(label, "jvmArgs", String.join(" ", arguments.dropped())));
        }
    }

    private static void attributes(MesosSlaveInfo template, String label, List<Finding> findings) {
        String text = template.getSlaveAttributesString();
        if (text == null || OldAttributes.isStrict(text)) {
            return;
        }
        String strict = OldAttributes.strict(text);
        template.setSlaveAttributesString(strict);
        findings.add(
                strict == null
                        ? Finding.toLookAt(label, "attributesUnreadable", text)
                        : Finding.converted(label, "attributes", text, strict));
    }
}
