package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A cloud as versions before 3.0 wrote it, into one of ours: what changed its name, its unit or its place since then.
 */
final class OldCloud {
    /** Elements that our class has no fields for: of 0.1 and 0.2 without templates, and of 2.0. */
    static final Set<String> ELEMENTS = Set.of(
            "labelString", "slaveCpus", "slaveMem", "executorCpus", "executorMem", "maxExecutors",
            "idleTerminationMinutes", "slaveAttributes", "agentUser", "mesosAgentSpecTemplates", "instanceCap");

    private static final String OLD_DEFAULT_LABEL = "mesos";

    private final MesosCloud cloud;
    private final Map<String, XmlTree> kept;
    private final OldVersion version;
    private final List<Finding> findings = new ArrayList<>();

    private OldCloud(MesosCloud cloud, Map<String, XmlTree> kept, OldVersion version) {
        this.cloud = cloud;
        this.kept = kept;
        this.version = version;
    }

    /**
     * Converts a cloud that was just read.
     *
     * @param kept its children among {@link #ELEMENTS}
     * @param version that wrote it
     * @return what was done and what a person should look at
     */
    static List<Finding> convert(MesosCloud cloud, Map<String, XmlTree> kept, OldVersion version) {
        OldCloud old = new OldCloud(cloud, kept, version);
        if (old.isOf2()) {
            old.layoutOf2();
        } else {
            old.templateOfCloud();
            old.declineDuration();
            old.memory();
        }
        old.libraryPath();
        old.templates();
        return old.findings;
    }

    private boolean isOf2() {
        return version.major() == 2 || kept.containsKey("mesosAgentSpecTemplates") || kept.containsKey("agentUser");
    }

    private void layoutOf2() {
        String user = text("agentUser");
        if (user != null && cloud.getSlavesUser().isEmpty()) {
            cloud.setSlavesUser(user);
        }
        XmlTree specs = kept.get("mesosAgentSpecTemplates");
        List<MesosSlaveInfo> templates = new ArrayList<>(cloud.getSlaveInfos());
        for (XmlTree spec : specs == null ? List.<XmlTree>of() : specs.children()) {
            templates.add(OldAgentSpec.toTemplate(spec));
        }
        cloud.setSlaveInfos(templates);
        findings.add(Finding.converted(null, "layoutOf2", templates.size()));
        findings.add(Finding.toLookAt(null, "memoryOf2"));
        if (Util.fixEmptyAndTrim(cloud.getFrameworkId()) != null) {
            findings.add(Finding.converted(null, "frameworkId", cloud.getFrameworkId()));
        }
    }

    /** Before templates came with 0.3, the cloud itself said what its agents are like. */
    private void templateOfCloud() {
        boolean described = kept.containsKey("labelString") || kept.containsKey("slaveCpus");
        if (!described || !cloud.getSlaveInfos().isEmpty()) {
            return;
        }
        String label = text("labelString");
        MesosSlaveInfo template = new MesosSlaveInfo(label == null ? OLD_DEFAULT_LABEL : label);
        ifGiven("slaveCpus", template::setSlaveCpus);
        ifGiven("slaveMem", template::setSlaveMem);
        ifGiven("executorCpus", template::setExecutorCpus);
        ifGiven("executorMem", template::setExecutorMem);
        ifGiven("maxExecutors", template::setMaxExecutors);
        ifGiven("idleTerminationMinutes", template::setIdleTerminationMinutes);
        if (kept.containsKey("slaveAttributes")) {
            template.setSlaveAttributesString(OldAttributes.ofDump(kept.get("slaveAttributes")));
        }
        cloud.setSlaveInfos(List.of(template));
        findings.add(Finding.converted(null, "templateOfCloud", template.getLabelString()));
    }

    private void ifGiven(String element, Consumer<String> field) {
        String text = text(element);
        if (text != null) {
            field.accept(text);
        }
    }

    private String text(String element) {
        XmlTree found = kept.get(element);
        return found == null ? null : Util.fixEmptyAndTrim(found.text());
    }

    private void declineDuration() {
        String stored = cloud.getDeclineOfferDuration();
        OldDecline decline = OldDecline.of(stored, version);
        if (!decline.seconds().equals(stored)) {
            cloud.setDeclineOfferDuration(decline.seconds());
            findings.add(
                    decline.sure()
                            ? Finding.converted(null, "declineMillis", stored, decline.seconds())
                            : Finding.toLookAt(null, "declineUnsure", stored, decline.seconds()));
        }
    }

    /** The old plugins asked for a tenth more than was configured; ours asks for what is configured. */
    private void memory() {
        if (!cloud.getSlaveInfos().isEmpty()) {
            findings.add(Finding.toLookAt(null, "memory"));
        }
    }

    private void libraryPath() {
        String path = cloud.getNativeLibraryPath();
        if (!path.isEmpty()) {
            findings.add(Finding.toLookAt(null, "libraryPath", path));
        }
    }

    private void templates() {
        for (MesosSlaveInfo template : cloud.getSlaveInfos()) {
            OldTemplate.convert(template, findings);
        }
    }
}
