package org.jenkinsci.plugins.mesos;

import java.io.File;

/** The agents' root folder as Jenkins itself sees it. */
final class SharedFolder {
    /** As Jenkins lays out an agent's root folder. */
    private static final String WORKSPACES = "workspace";

    private SharedFolder() {}

    /**
     * The workspace of a job that was written last, of those that its builds at the same time had ({@code job},
     * {@code job@2}, …), or null if there is none.
     */
    static File newest(MesosCloud cloud, MesosSlaveInfo template, String job) {
        String root = root(cloud, template);
        // a relative one is in the sandbox of each agent
        if (!new File(root).isAbsolute()) {
            return null;
        }
        File first = new File(new File(root, WORKSPACES), job);
        File newest = null;
        File each = first;
        for (int i = 2; each.isDirectory(); i++) {
            if (newest == null || each.lastModified() > newest.lastModified()) {
                newest = each;
            }
            each = new File(first.getPath() + "@" + i);
        }
        return newest;
    }

    /** The template's own root folder, or that of the templates it inherits from. */
    private static String root(MesosCloud cloud, MesosSlaveInfo template) {
        MesosSlaveInfo each = template;
        // a circle of templates is no longer than there are templates
        for (int i = 0; i < cloud.getSlaveInfos().size() && each.getRemoteFSRoot().isEmpty(); i++) {
            String parent = each.getInheritFrom();
            MesosSlaveInfo found = cloud.getSlaveInfos().stream()
                    .filter(info -> !parent.isEmpty() && parent.equals(info.getTemplateName()))
                    .findFirst()
                    .orElse(null);
            if (found == null) {
                break;
            }
            each = found;
        }
        return each.getRemoteFSRoot();
    }
}
