package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The hosts in a cloud's master, whatever may be wrong with the rest of it: the native library judges that.
 *
 * @param scheme {@code http} where none is written
 * @param hosts several only behind {@code zk://}
 */
record MasterAddress(String scheme, List<Host> hosts) {

    /** {@code port} is null where none is written. */
    record Host(String name, Integer port) {}

    static MasterAddress parse(String master) {
        int scheme = master.indexOf("://");
        String rest = scheme < 0 ? master : master.substring(scheme + 3);
        int path = rest.indexOf('/');
        String hosts = path < 0 ? rest : rest.substring(0, path);
        hosts = hosts.substring(hosts.lastIndexOf('@') + 1);
        List<Host> found = new ArrayList<>();
        for (String each : hosts.split(",")) {
            if (!each.isBlank()) {
                found.add(host(each.trim()));
            }
        }
        return new MasterAddress(
                scheme < 0 ? "http" : master.substring(0, scheme).trim().toLowerCase(Locale.ROOT), found);
    }

    private static Host host(String text) {
        int bracket = text.lastIndexOf(']');
        int colon = text.indexOf(':', bracket + 1);
        String port = colon < 0 ? "" : text.substring(colon + 1);
        String name = colon < 0 ? text : text.substring(0, colon);
        return new Host(name, port.matches("[0-9]{1,5}") ? Integer.valueOf(port) : null);
    }
}
