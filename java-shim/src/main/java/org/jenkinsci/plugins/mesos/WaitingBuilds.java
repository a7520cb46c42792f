package org.jenkinsci.plugins.mesos;

import hudson.model.AbstractProject;
import hudson.model.Item;
import hudson.model.Label;
import hudson.model.Queue;
import hudson.model.labels.LabelAssignmentAction;
import hudson.slaves.Cloud;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import jenkins.model.Jenkins;

/**
 * The builds that wait for an executor, in groups that the same agents can serve, in the order of the queue. It reads a
 * snapshot: no lock of Jenkins is held meanwhile, and nothing of it waits for the network.
 */
final class WaitingBuilds {
    /** So long free executors have a chance to take a build; after that something keeps them from it. */
    static final long REFUSED_AFTER_MILLIS = 15_000;

    /** How many jobs of a group are remembered by name. */
    private static final int JOBS_NAMED = 1000;

    private static final boolean ACTIONS = HostTypes.isThere("hudson.model.labels.LabelAssignmentAction");

    /**
     * What a build needs.
     *
     * @param label null: any
     * @param fresh it wants an agent that never had a build, for itself alone
     * @param old it has waited so long that executors which have been free as long do not count
     * @param choices templates and images that may serve it, the first one first
     * @param forJenkins Jenkins asks the clouds itself: another plugin's cloud comes first
     */
    record Need(
            Label label, boolean fresh, boolean old, List<ServedTemplate.Choice> choices, boolean forJenkins) {}

    /** Builds that need the same. */
    static final class Group {
        final Need need;
        final Set<String> jobs = new LinkedHashSet<>();
        int builds;

        Group(Need need) {
            this.need = need;
        }

        /** Whether agents of that template and image may serve it; a null image is what the template says. */
        boolean accepts(String cloudId, String template, String image) {
            for (ServedTemplate.Choice choice : need.choices) {
                if (choice.template().cloud.getCloudID().equals(cloudId)
                        && choice.template().key.equals(template)
                        && Objects.equals(choice.image(), image)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** A job that waits although no template may serve it. */
    record Refused(String job, String why) {}

    private final Map<Need, Group> groups = new LinkedHashMap<>();
    private final Map<String, Refused> refused = new LinkedHashMap<>();
    private final List<ServedTemplate> templates = new ArrayList<>();
    private final List<Cloud> others = new ArrayList<>();

    /** Clouds of other plugins that come before our cloud of that place. */
    private final Map<MesosCloud, Integer> othersBefore = new HashMap<>();

    private final Map<String, Matches> byLabel = new HashMap<>();
    private final Map<String, List<ServedTemplate.Choice>> byJob = new HashMap<>();

    /**
     * What a label leads to.
     *
     * @param refusal why it leads to no template, if that is known
     */
    private record Matches(List<ServedTemplate.Choice> choices, boolean forJenkins, String refusal) {}

    private WaitingBuilds(Jenkins jenkins, Collection<MesosCloud> open) {
        for (Cloud each : jenkins.clouds) {
            if (!(each instanceof MesosCloud ours)) {
                others.add(each);
            } else if (open.contains(ours)) {
                templates.addAll(ServedTemplate.of(ours));
                othersBefore.put(ours, others.size());
            }
        }
    }

    /**
     * Reads the queue.
     *
     * @param open our clouds that can ask for agents
     * @param given what executors have been given: it waits no longer, though the queue may still show it
     * @param now Unix milliseconds
     */
    static WaitingBuilds read(
            Jenkins jenkins, Collection<MesosCloud> open, Set<Queue.BuildableItem> given, long now) {
        WaitingBuilds waiting = new WaitingBuilds(jenkins, open);
        Queue queue = Queue.getInstance();
        Set<Queue.BuildableItem> beginning = new HashSet<>(given);
        beginning.addAll(queue.getPendingItems());
        Set<Queue.BuildableItem> items = BuildableItems.with(queue.getBuildableItems(), now);
        // what begins between the two answers would look as if it waited
        beginning.addAll(queue.getPendingItems());
        for (Queue.BuildableItem item : items) {
            if (!beginning.contains(item)) {
                waiting.add(item, now);
            }
        }
        return waiting;
    }

    private void add(Queue.BuildableItem item, long now) {
        Label label = labelOf(item);
        if (SingleUse.needsNoAgent(item.task)) {
            return;
        }
        Matches matches = matches(label);
        String job = jobOf(item.task);
        if (matches.choices.isEmpty()) {
            if (job != null && matches.refusal != null) {
                refused.computeIfAbsent(job, name -> new Refused(name, matches.refusal));
            }
            return;
        }
        List<ServedTemplate.Choice> choices = allowed(label, matches, job);
        if (choices.isEmpty()) {
            if (job != null) {
                refused.computeIfAbsent(job, name -> new Refused(name, Messages.WaitingBuilds_restricted(
                        label == null ? Messages.WaitingBuilds_noLabel() : label.getName(), name)));
            }
            return;
        }
        boolean old = now - item.buildableStartMilliseconds >= REFUSED_AFTER_MILLIS;
        Need need = new Need(label, SingleUse.wantsFresh(item.task), old, choices, matches.forJenkins);
        Group group = groups.computeIfAbsent(need, Group::new);
        group.builds++;
        if (job != null && group.jobs.size() < JOBS_NAMED) {
            group.jobs.add(job);
        }
    }

    private Matches matches(Label label) {
        return byLabel.computeIfAbsent(label == null ? "" : label.getName(), name -> {
            List<ServedTemplate.Choice> choices = new ArrayList<>();
            String refusal = null;
            for (ServedTemplate template : templates) {
                ServedTemplate.Choice choice = template.serves(label);
                if (choice != null) {
                    choices.add(choice);
                }
                String image = template.refusedImage(label);
                if (image != null) {
                    refusal = Messages.WaitingBuilds_image(image, template.key);
                }
            }
            boolean before = !choices.isEmpty() && isServedBefore(choices.get(0).template().cloud, label);
            return new Matches(choices, before, refusal);
        });
    }

    /** Whether a cloud of another plugin comes first in Jenkins's order. */
    private boolean isServedBefore(MesosCloud ours, Label label) {
        return others.subList(0, othersBefore.get(ours)).stream().anyMatch(other -> other.canProvision(label));
    }

    private List<ServedTemplate.Choice> allowed(Label label, Matches matches, String job) {
        if (matches.choices.stream().noneMatch(choice -> choice.template().isRestricted())) {
            return matches.choices;
        }
        String question = (label == null ? "" : label.getName()) + '\n' + job;
        return byJob.computeIfAbsent(question, key -> matches.choices.stream()
                .filter(choice -> choice.template().allows(job))
                .toList());
    }

    /** The label of a queued build, which an action of the build can set. */
    static Label labelOf(Queue.BuildableItem item) {
        Label label = ACTIONS ? Actions.labelOf(item) : null;
        return label == null ? item.task.getAssignedLabel() : label;
    }

    /**
     * The full name of the job that a task belongs to, of a matrix child that of its matrix; null if it belongs to
     * none.
     */
    static String jobOf(Queue.Task task) {
        Queue.Task owner = task.getOwnerTask();
        if (owner instanceof AbstractProject<?, ?> project) {
            return project.getRootProject().getFullName();
        }
        return owner instanceof Item item ? item.getFullName() : null;
    }

    /** A class of its own, since the type it refers to is not in every host. */
    private static final class Actions {
        static Label labelOf(Queue.BuildableItem item) {
            for (LabelAssignmentAction action : item.getActions(LabelAssignmentAction.class)) {
                Label label = action.getAssignedLabel(item.task);
                if (label != null) {
                    return label;
                }
            }
            return null;
        }
    }

    List<Group> groups() {
        return new ArrayList<>(groups.values());
    }

    /** Jobs that no template may serve, by name. */
    Collection<Refused> refused() {
        return refused.values();
    }

    /** The template of this key in a cloud, or null. */
    ServedTemplate template(MesosCloud cloud, String key) {
        return templates.stream()
                .filter(template -> template.cloud == cloud && template.key.equals(key))
                .findFirst()
                .orElse(null);
    }
}
