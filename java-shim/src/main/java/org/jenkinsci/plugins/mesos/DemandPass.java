package org.jenkinsci.plugins.mesos;

import hudson.model.Label;
import hudson.slaves.Cloud;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * One look at what waits and what is there. The clouds are asked in Jenkins's order: what one holds back, because of a
 * cap or of agents that failed, the next one may take. Who gets what is decided in the native library.
 */
final class DemandPass {
    private static final Logger LOGGER = Logger.getLogger(DemandPass.class.getName());

    /** Each review that has more to say is followed by another; this many are enough for a hundred thousand builds. */
    private static final int MOST_REVIEWS = 100;

    /** What was read while the queue changed is read again, so often; with each change another look is due anyway. */
    private static final int MOST_READINGS = 4;

    private final List<MesosFramework> frameworks;
    private final Supply supply;
    private final WaitingBuilds waiting;
    private final List<WaitingBuilds.Group> groups;

    /** By group: builds that no cloud has taken yet, and why; none for a group that was not looked at. */
    private final Map<WaitingBuilds.Group, Review.Held> held = new HashMap<>();

    private final Map<WaitingBuilds.Group, ServedTemplate.Choice> served = new HashMap<>();
    private long nextMillis = Long.MAX_VALUE;

    private DemandPass(Jenkins jenkins, long now) {
        frameworks = open(jenkins);
        List<MesosCloud> clouds = frameworks.stream().map(MesosFramework::cloud).toList();
        Supply there;
        WaitingBuilds waits;
        long changes;
        int turn = 0;
        do {
            changes = BuildableItems.changes();
            // executors first: a build that is given one of the free ones meanwhile either still waits or has left the
            // queue, which is told
            there = Supply.read(jenkins, now);
            waits = WaitingBuilds.read(jenkins, clouds, there.given(), now);
        } while (BuildableItems.changes() != changes && ++turn < MOST_READINGS);
        supply = there;
        waiting = waits;
        groups = waiting.groups();
    }

    private static List<MesosFramework> open(Jenkins jenkins) {
        List<MesosFramework> open = new ArrayList<>();
        for (Cloud each : jenkins.clouds) {
            MesosFramework framework =
                    each instanceof MesosCloud ours ? MesosFrameworks.find(ours.getCloudID()) : null;
            // one whose settings were just changed is asked when they are in use
            if (framework != null && framework.cloud() == each) {
                open.add(framework);
            }
        }
        return open;
    }

    static DemandReport run(Jenkins jenkins, long now) {
        DemandPass pass = new DemandPass(jenkins, now);
        boolean quiet = jenkins.isQuietingDown();
        for (MesosFramework framework : pass.frameworks) {
            try {
                pass.serve(framework, quiet);
            } catch (NativeException | IllegalArgumentException e) {
                LOGGER.log(Level.FINE, framework.cloud().name + ": cannot look after waiting builds", e);
                framework.history().complain(framework.cloud().name, e.getMessage());
            }
        }
        return pass.report();
    }

    private void serve(MesosFramework framework, boolean quiet) {
        MesosCloud cloud = framework.cloud();
        String veto = cloud.agentsJenkinsUrl() == null ? Messages.MesosCloud_noJenkinsUrl() : null;
        if (veto != null && !groups.isEmpty()) {
            framework.history().complain(cloud.name, veto);
        }
        Choices choices = new Choices(cloud, quiet || veto != null);
        for (int turn = 0; turn < MOST_REVIEWS; turn++) {
            Review review = Review.parse(framework.review(situation(framework, choices)));
            DemandLog.decided(framework, groups, supply, review);
            framework.release(review.withdraw(), Messages.DemandPass_withdrawn());
            request(framework, review, choices);
            if (!review.more() && !choices.next(review.held())) {
                return;
            }
        }
    }

    /** Which template of one cloud each group is to get agents of. */
    private final class Choices {
        private final List<List<ServedTemplate.Choice>> left = new ArrayList<>();

        Choices(MesosCloud cloud, boolean none) {
            for (WaitingBuilds.Group group : groups) {
                List<ServedTemplate.Choice> own = new ArrayList<>();
                // a group that an earlier cloud has taken whole is left with it
                boolean taken = served.containsKey(group) && !held.containsKey(group);
                if (!none && !taken && !group.need.forJenkins()) {
                    own.addAll(group.need.choices().stream()
                            .filter(choice -> choice.template().cloud == cloud)
                            .toList());
                }
                String veto = own.isEmpty() ? null : ProvisioningEvents.veto(cloud, group.need.label(), group.builds);
                if (veto != null) {
                    own.clear();
                    held.putIfAbsent(group, new Review.Held(0, group.builds, veto));
                }
                left.add(own);
            }
        }

        ServedTemplate.Choice of(int group) {
            List<ServedTemplate.Choice> choices = left.get(group);
            return choices.isEmpty() ? null : choices.get(0);
        }

        /** What is held back goes on to the next template; false if there is none for any. */
        boolean next(List<Review.Held> reviewed) {
            Set<Integer> still = new HashSet<>();
            boolean any = false;
            for (Review.Held each : reviewed) {
                still.add(each.group());
                held.putIfAbsent(groups.get(each.group()), each);
                held.computeIfPresent(groups.get(each.group()), (group, first) ->
                        new Review.Held(first.group(), each.builds(), first.message()));
                List<ServedTemplate.Choice> choices = left.get(each.group());
                if (choices.size() > 1) {
                    choices.remove(0);
                    any = true;
                }
            }
            for (int group = 0; group < left.size(); group++) {
                if (!left.get(group).isEmpty() && !still.contains(group)) {
                    held.remove(groups.get(group));
                    served.putIfAbsent(groups.get(group), of(group));
                }
            }
            return any;
        }
    }

    /** The contract's Situation. */
    private byte[] situation(MesosFramework framework, Choices choices) {
        Kinds kinds = new Kinds(framework.cloud());
        List<Map<String, Object>> builds = new ArrayList<>();
        for (int number = 0; number < groups.size(); number++) {
            WaitingBuilds.Group group = groups.get(number);
            ServedTemplate.Choice choice = choices.of(number);
            Map<String, Object> waits = new LinkedHashMap<>();
            waits.put("kind", choice == null ? null : kinds.of(choice.template().key, choice.image()));
            waits.put("fresh", group.need.fresh());
            waits.put("builds", group.builds);
            builds.add(waits);
        }
        List<Map<String, Object>> agents = new ArrayList<>();
        for (MesosAgent agent : framework.agents()) {
            Map<String, Object> there = new LinkedHashMap<>();
            there.put("name", agent.name);
            there.put("kind", kinds.of(agent.template, agent.image));
            there.put("state", supply.of(agent).state());
            there.put("executors", Math.max(1, supply.coming(agent)));
            there.put("singleUse", agent.singleUse);
            there.put("cpus", agent.cpus);
            there.put("mem", agent.mem);
            agents.add(there);
        }
        List<Map<String, Object>> executors = new ArrayList<>();
        for (FreeExecutors each : supply.free()) {
            addFree(executors, each.executors(), each.fresh(), each.serves(groups));
        }
        addComingElsewhere(executors, framework);
        List<Map<String, Object>> paused = new ArrayList<>();
        for (String template : kinds.templates()) {
            long seconds = framework.pauseOf(template);
            if (seconds > 0) {
                nextMillis = Math.min(nextMillis, TimeUnit.SECONDS.toMillis(seconds));
                paused.add(Map.of("template", template, "seconds", seconds));
            }
        }
        Map<String, Object> situation = new LinkedHashMap<>();
        situation.put("v", 1);
        situation.put("waiting", builds);
        situation.put("kinds", kinds.list());
        situation.put("free", executors);
        situation.put("agents", agents);
        situation.put("paused", paused);
        return NativeJson.write(situation);
    }

    private static void addFree(
            List<Map<String, Object>> to, int executors, boolean fresh, Collection<Integer> serves) {
        if (executors > 0 && !serves.isEmpty()) {
            to.add(Map.of("executors", executors, "fresh", fresh, "serves", serves));
        }
    }

    /** For this cloud, the agents of the others that are coming are as good as free. */
    private void addComingElsewhere(List<Map<String, Object>> to, MesosFramework here) {
        record Alike(String cloudId, String template, String image, boolean singleUse) {}
        Map<Alike, Integer> elsewhere = new LinkedHashMap<>();
        for (MesosFramework framework : frameworks) {
            if (framework != here) {
                for (MesosAgent agent : framework.agents()) {
                    elsewhere.merge(
                            new Alike(framework.cloudId, agent.template, agent.image, agent.singleUse),
                            supply.coming(agent),
                            Integer::sum);
                }
            }
        }
        elsewhere.forEach((alike, executors) -> addFree(
                to, executors, alike.singleUse, accepting(alike.cloudId, alike.template, alike.image)));
    }

    private List<Integer> accepting(String cloudId, String template, String image) {
        List<Integer> numbers = new ArrayList<>();
        for (int number = 0; number < groups.size(); number++) {
            if (groups.get(number).accepts(cloudId, template, image)) {
                numbers.add(number);
            }
        }
        return numbers;
    }

    /** The kinds of agents of one cloud, numbered as they are met. */
    private final class Kinds {
        private final MesosCloud cloud;
        private final Map<Kind, Integer> numbers = new LinkedHashMap<>();

        private record Kind(String template, String image) {}

        Kinds(MesosCloud cloud) {
            this.cloud = cloud;
        }

        int of(String template, String image) {
            return numbers.computeIfAbsent(new Kind(template, image), kind -> numbers.size());
        }

        Set<String> templates() {
            Set<String> keys = new HashSet<>();
            numbers.keySet().forEach(kind -> keys.add(kind.template));
            return keys;
        }

        List<Map<String, Object>> list() {
            List<Map<String, Object>> list = new ArrayList<>();
            numbers.keySet().forEach(kind -> {
                Map<String, Object> each = new LinkedHashMap<>();
                each.put("template", kind.template);
                each.put("image", kind.image);
                each.put("serves", accepting(cloud.getCloudID(), kind.template, kind.image));
                list.add(each);
            });
            return list;
        }
    }

    private void request(MesosFramework framework, Review review, Choices choices) {
        record Batch(ServedTemplate template, Label label) {}
        Map<Batch, List<Plan.Agent>> batches = new LinkedHashMap<>();
        for (Plan.Agent plan : review.request()) {
            ServedTemplate template = waiting.template(framework.cloud(), plan.template());
            if (template != null) {
                batches.computeIfAbsent(new Batch(template, labelFor(plan, choices)), batch -> new ArrayList<>())
                        .add(plan);
            }
        }
        batches.forEach((batch, plans) -> {
            List<MesosAgent> agents = framework.request(
                    plans, batch.template.settings, agent -> agent.withoutDelay(batch.label));
            supply.add(agents);
            ProvisioningEvents.started(framework.cloud(), batch.label, agents);
        });
    }

    /** The label of the first builds that such an agent is requested for. */
    private Label labelFor(Plan.Agent plan, Choices choices) {
        for (int number = 0; number < groups.size(); number++) {
            ServedTemplate.Choice choice = choices.of(number);
            if (choice != null
                    && choice.template().key.equals(plan.template())
                    && Objects.equals(choice.image(), plan.image())) {
                return groups.get(number).need.label();
            }
        }
        return null;
    }

    private DemandReport report() {
        List<DemandReport.Wait> waits = new ArrayList<>();
        Set<String> heldLabels = new HashSet<>();
        for (WaitingBuilds.Group group : groups) {
            Review.Held why = held.get(group);
            String label = group.need.label() == null ? null : group.need.label().getName();
            ServedTemplate.Choice choice = served.getOrDefault(group, group.need.choices().get(0));
            if (why != null) {
                heldLabels.add(label == null ? "" : label);
            }
            waits.add(new DemandReport.Wait(
                    group.jobs,
                    label,
                    group.builds,
                    choice.template().cloud.getCloudID(),
                    choice.template().key,
                    why == null ? 0 : why.builds(),
                    why == null ? null : why.message()));
        }
        for (WaitingBuilds.Refused refused : waiting.refused()) {
            waits.add(new DemandReport.Wait(Set.of(refused.job()), null, 1, null, null, 1, refused.why()));
        }
        return new DemandReport(nextMillis, List.copyOf(waits), Set.copyOf(heldLabels));
    }
}
