package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.labels.LabelAtom;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A template of a cloud as the labels of builds are compared with it. Made anew whenever the queue is looked at. */
final class ServedTemplate {
    final MesosCloud cloud;
    final MesosSlaveInfo settings;
    final String key;
    private final Set<String> labels;
    private final ContainerSettings container;

    private ServedTemplate(MesosCloud cloud, MesosSlaveInfo settings) {
        this.cloud = cloud;
        this.settings = settings;
        key = settings.key();
        labels = names(Label.parse(settings.getLabelString()));
        container = cloud.templates().containerOf(settings);
    }

    /** All templates of a cloud, in its order. */
    static List<ServedTemplate> of(MesosCloud cloud) {
        return cloud.templates().all().stream()
                .map(settings -> new ServedTemplate(cloud, settings))
                .toList();
    }

    /** A build's way to an agent: a template, and the image that the build's label names, or null. */
    record Choice(ServedTemplate template, String image) {}

    /** How this template serves a label, or null if it does not; a null label is served by defaults only. */
    Choice serves(Label label) {
        if (label == null) {
            return isDefault() && settings.getMode() == Node.Mode.NORMAL ? new Choice(this, null) : null;
        }
        if (labels.isEmpty()) {
            return null;
        }
        if (label.matches(labels::contains)) {
            return new Choice(this, null);
        }
        String image = imageOf(label);
        return image != null && container.allowsImage(image) ? new Choice(this, image) : null;
    }

    /** The image that keeps a label from being served, since jobs may not choose it here; null if there is none. */
    String refusedImage(Label label) {
        if (label == null || labels.isEmpty() || label.matches(labels::contains)) {
            return null;
        }
        String image = imageOf(label);
        return image == null || container.allowsImage(image) ? null : image;
    }

    /** The image that a label names for an agent of this template, allowed or not; null if it names none. */
    private String imageOf(Label label) {
        Set<String> images = new HashSet<>();
        boolean withImage = container != null && container.isDockerImageCustomizable() && label.matches(name -> {
            String image = imageIn(name);
            if (image == null) {
                return false;
            }
            images.add(image);
            return true;
        });
        // an expression of several images is one that no agent can satisfy
        return withImage && images.size() == 1 ? images.iterator().next() : null;
    }

    /** Whether it is for certain jobs only. */
    boolean isRestricted() {
        return isRestricted(settings);
    }

    static boolean isRestricted(MesosSlaveInfo settings) {
        return !settings.getAllowedFolders().isBlank() || !settings.getAllowedJobs().isBlank();
    }

    /** Whether a job may use it; null is a task that belongs to no job. */
    boolean allows(String job) {
        return allows(settings, job);
    }

    static boolean allows(MesosSlaveInfo settings, String job) {
        return !isRestricted(settings) || job != null && TemplateAccess.allows(settings, job);
    }

    /** Whether it serves builds without a label. */
    private boolean isDefault() {
        return labels.isEmpty() || settings.isDefaultSlave();
    }

    /** {@code ubuntu:22.04} of {@code docker:ubuntu:22.04} if {@code docker} is one of the labels; else null. */
    private String imageIn(String name) {
        int colon = name.indexOf(':');
        return colon > 0 && colon < name.length() - 1 && labels.contains(name.substring(0, colon))
                ? name.substring(colon + 1)
                : null;
    }

    /** The labels of an agent: with an image of its own it serves only builds that name this image. */
    static String labelString(MesosSlaveInfo settings, String image) {
        if (image == null) {
            return Util.fixNull(settings.getLabelString());
        }
        return names(Label.parse(settings.getLabelString())).stream()
                .map(label -> label + ":" + image)
                .collect(Collectors.joining(" "));
    }

    private static Set<String> names(Collection<LabelAtom> atoms) {
        return atoms.stream().map(LabelAtom::getName).collect(Collectors.toSet());
    }
}
