package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Label;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The templates of a cloud as they are at each question: which there are, whom they serve, what they inherit. */
final class CloudTemplates {
    private final MesosCloud cloud;

    CloudTemplates(MesosCloud cloud) {
        this.cloud = cloud;
    }

    /** What agents can be made of: the configured templates, then those that running Pipelines have defined. */
    List<MesosSlaveInfo> all() {
        List<MesosSlaveInfo> all = new ArrayList<>(cloud.getSlaveInfos());
        all.addAll(PipelineTemplates.of(cloud));
        return all;
    }

    /**
     * A configured template and, nearest first, those whose values stand for its empty ones; none if there is no
     * template of this key.
     */
    List<MesosSlaveInfo> withParents(String key) {
        List<MesosSlaveInfo> line = new ArrayList<>();
        for (String next = Util.fixNull(key); !next.isEmpty(); ) {
            MesosSlaveInfo found = configured(next);
            if (found == null || line.contains(found)) {
                break;
            }
            line.add(found);
            next = found.getInheritFrom();
        }
        return line;
    }

    /** The configured template of this key, or null. */
    private MesosSlaveInfo configured(String key) {
        return cloud.getSlaveInfos().stream()
                .filter(each -> each.key().equals(key))
                .findFirst()
                .orElse(null);
    }

    /** The container of a template's agents, its own or an inherited one; null if there is none. */
    ContainerSettings containerOf(MesosSlaveInfo template) {
        // a template without a container has that of the one it inherits from
        ContainerSettings container = template.getContainerInfo();
        for (MesosSlaveInfo parent : withParents(template.getInheritFrom())) {
            if (container == null) {
                container = parent.getContainerInfo();
            }
        }
        return container;
    }

    /** How the first template that can serves a label expression, or null; a null label stands for jobs without one. */
    ServedTemplate.Choice choiceFor(Label label) {
        for (ServedTemplate template : ServedTemplate.of(cloud)) {
            ServedTemplate.Choice choice = template.serves(label);
            if (choice != null) {
                return choice;
            }
        }
        return null;
    }

    /** The template of that choice, or null. */
    MesosSlaveInfo templateFor(Label label) {
        ServedTemplate.Choice choice = choiceFor(label);
        return choice == null ? null : choice.template().settings;
    }

    /** The configured template that a form's one was made of, if it is there. */
    Optional<MesosSlaveInfo> like(MesosSlaveInfo info) {
        return cloud.getSlaveInfos().stream()
                .filter(old -> old.getFormKey().equals(info.getFormKey()))
                .findFirst()
                // the form was loaded before a restart
                .or(() -> cloud.getSlaveInfos().stream()
                        .filter(old -> Util.fixNull(old.getLabelString()).equals(Util.fixNull(info.getLabelString())))
                        .findFirst());
    }
}
