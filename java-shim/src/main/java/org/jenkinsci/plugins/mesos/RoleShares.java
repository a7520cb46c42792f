package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who else wants the roles of a cloud, and what each of them may have and has of the cluster.
 *
 * @param known whether the master has told
 * @param message why it does not tell, or null
 * @param roles those of the cloud, each behind the roles above it
 */
public record RoleShares(boolean known, String message, List<Role> roles) {

    /**
     * One role. Amounts are by Mesos's name of their kind: {@code cpus}, {@code mem} (MB), {@code disk} (MB), others.
     *
     * @param ours false: it is above one of the cloud's
     * @param share what frameworks have of it and of those below it, as a part of the cluster (0 to 1)
     * @param fairShare what its weight gives it while everybody wants as much as they can get (0 to 1)
     * @param guarantee empty: nothing is kept for it
     * @param limit a kind that is not there has no limit
     * @param more how many frameworks are in it beside those that are listed
     */
    public record Role(
            String role,
            boolean ours,
            double weight,
            double share,
            double fairShare,
            Map<String, Double> used,
            Map<String, Double> guarantee,
            Map<String, Double> limit,
            List<Framework> frameworks,
            int more) {

        public String weightText() {
            return Messages.RoleShares_weight(MesosFramework.amount(weight), percent(fairShare));
        }

        public String usedText() {
            return used.isEmpty() ? text(used) : Messages.RoleShares_used(text(used), percent(share));
        }

        public String guaranteeText() {
            return text(guarantee);
        }

        public String limitText() {
            return limit.isEmpty() ? Messages.RoleShares_noLimit() : text(limit);
        }

        /** All that are in it, and what they have. */
        public String frameworksText() {
            List<String> texts = new ArrayList<>();
            for (Framework framework : frameworks) {
                String name = framework.ours() ? Messages.RoleShares_ours(framework.name()) : framework.name();
                texts.add(framework.active()
                        ? Messages.RoleShares_framework(name, text(framework.used()))
                        : Messages.RoleShares_away(name, text(framework.used())));
            }
            if (more > 0) {
                texts.add(Messages.RoleShares_more(more));
            }
            return texts.isEmpty()
                    ? Messages.RoleShares_nobody()
                    : String.join(Messages.RoleShares_separator(), texts);
        }

        /** All of it in one sentence. */
        public String sentence() {
            return Messages.RoleShares_role(
                    role, weightText(), usedText(), guaranteeText(), limitText(), frameworksText());
        }
    }

    /** A framework in a role, and what it has of it and of those below it. */
    public record Framework(String name, boolean ours, boolean active, Map<String, Double> used) {}

    public static RoleShares parse(byte[] message) {
        Members json = Members.parse(message);
        return new RoleShares(json.flag("known", false), json.text("message"), roles(json));
    }

    /** Those in the member {@code roles}. */
    static List<Role> roles(Members json) {
        return json.list("roles", role -> new Role(
                role.requiredText("role"),
                role.flag("ours", false),
                role.amount("weight"),
                role.amount("share"),
                role.amount("fairShare"),
                amounts(role.object("used")),
                amounts(role.object("guarantee")),
                amounts(role.object("limit")),
                role.list("frameworks", framework -> new Framework(
                        framework.requiredText("name"),
                        framework.flag("ours", false),
                        framework.flag("active", true),
                        amounts(framework.object("used")))),
                role.number("moreFrameworks", 0)));
    }

    private static Map<String, Double> amounts(Members json) {
        Map<String, Double> amounts = new LinkedHashMap<>();
        for (String kind : json.names()) {
            amounts.put(kind, json.amount(kind));
        }
        return amounts;
    }

    private static String text(Map<String, Double> amounts) {
        List<String> texts = new ArrayList<>();
        amounts.forEach((kind, value) -> {
            String amount = MesosFramework.amount(value);
            texts.add(
                    switch (kind) {
                        case "cpus" -> Messages.RoleShares_cpus(amount);
                        case "mem" -> Messages.RoleShares_mem(amount);
                        case "disk" -> Messages.RoleShares_disk(amount);
                        case "gpus" -> Messages.RoleShares_gpus(amount);
                        default -> Messages.RoleShares_other(amount, kind);
                    });
        });
        return texts.isEmpty() ? Messages.RoleShares_nothing() : String.join(Messages.RoleShares_separator(), texts);
    }

    private static String percent(double part) {
        return Math.round(part * 1000) / 10.0 + " %";
    }
}
