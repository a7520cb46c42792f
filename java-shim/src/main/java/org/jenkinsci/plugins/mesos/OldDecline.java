package org.jenkinsci.plugins.mesos;

import hudson.Util;

/**
 * For how long offers are declined. Up to 0.18.1 the field was in milliseconds by its title, and Mesos took the number
 * for seconds all the same; since 1.0 its title says seconds, but nothing converted what was stored.
 *
 * @param seconds as text
 * @param sure false: the number was taken for milliseconds only because nobody declines for that many seconds
 */
record OldDecline(String seconds, boolean sure) {
    /** The old forms refused less. */
    private static final long LEAST_MILLIS = 1000;

    /**
     * Nearly three hours; the defaults of the old lines, 600000 milliseconds and 600 seconds, are far on either side.
     */
    private static final long MILLIS_FROM = 10_000;

    static OldDecline of(String stored, OldVersion version) {
        String text = Util.fixEmptyAndTrim(stored);
        if (text == null || !text.matches("[0-9]{1,18}")) {
            // what is no number was replaced by the default at each use
            return new OldDecline(MesosCloud.DEFAULT_DECLINE_SECONDS, true);
        }
        long number = Long.parseLong(text);
        if (version.major() == 0 && number >= LEAST_MILLIS) {
            return new OldDecline(seconds(number), true);
        }
        if (version.major() != 0 && number >= MILLIS_FROM) {
            return new OldDecline(seconds(number), false);
        }
        return new OldDecline(text, true);
    }

    private static String seconds(long millis) {
        return String.valueOf((millis + 999) / 1000);
    }
}
