package org.jenkinsci.plugins.mesos;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Which jobs may use a template that is restricted to folders or names. */
final class TemplateAccess {
    private TemplateAccess() {}

    /**
     * Whether a job satisfies the folders or the names; a template without either is for all.
     *
     * @param job full name
     */
    static boolean allows(MesosSlaveInfo template, String job) {
        String folders = template.getAllowedFolders();
        String names = template.getAllowedJobs();
        if (folders.isBlank() && names.isBlank()) {
            return true;
        }
        return isInside(folders, job) || matches(names, job);
    }

    private static boolean isInside(String folders, String job) {
        return folders.lines()
                .map(String::trim)
                .filter(folder -> !folder.isEmpty())
                .anyMatch(folder -> job.startsWith(folder + "/"));
    }

    /** A pattern that cannot be read allows nobody: a slip of the pen must not open what was to be closed. */
    private static boolean matches(String names, String job) {
        try {
            return !names.isBlank() && Pattern.matches(names.trim(), job);
        } catch (PatternSyntaxException e) {
            return false;
        }
    }
}
