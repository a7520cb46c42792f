package org.jenkinsci.plugins.mesos;

import java.text.DateFormat;
import java.util.Date;
import org.jvnet.localizer.LocaleProvider;

/** Times on pages: in the language of who reads, in the time zone of the controller. */
final class ReadersTime {
    private ReadersTime() {}

    static String of(Date date) {
        return DateFormat.getDateTimeInstance(DateFormat.MEDIUM, DateFormat.MEDIUM, LocaleProvider.getLocale())
                .format(date);
    }
}
