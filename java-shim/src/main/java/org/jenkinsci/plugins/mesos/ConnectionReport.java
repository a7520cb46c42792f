package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.List;

/**
 * The outcome of Test Connection.
 *
 * @param ok whether a master was reached
 * @param leader host and port, or null
 * @param version Mesos's version, or null
 * @param agents number of active agents
 * @param cpusFree CPUs that no framework uses
 * @param memFree MB that no framework uses
 * @param message for people: the finding, or what is wrong and how to cure it
 * @param roles who else wants the cloud's roles
 * @param rolesMessage why the master does not tell of roles, or null
 */
public record ConnectionReport(
        boolean ok,
        String leader,
        String version,
        int agents,
        double cpusFree,
        double memFree,
        String message,
        List<RoleShares.Role> roles,
        String rolesMessage) {

    /** A failure that has nothing but a message. */
    public static ConnectionReport failed(String message) {
        return new ConnectionReport(false, null, null, 0, 0, 0, message, List.of(), null);
    }

    public static ConnectionReport parse(byte[] message) {
        Members json = Members.parse(message);
        return new ConnectionReport(
                json.flag("ok", false),
                json.text("leader"),
                json.text("version"),
                json.number("agents", 0),
                json.amount("cpusFree"),
                json.amount("memFree"),
                json.text("message"),
                RoleShares.roles(json),
                json.text("rolesMessage"));
    }

    /** The message, and then a sentence for each role in the reader's language. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(String.valueOf(message));
        roles.forEach(role -> lines.add(role.sentence()));
        if (rolesMessage != null) {
            lines.add(Messages.RoleShares_unknown(rolesMessage));
        }
        return lines;
    }
}
