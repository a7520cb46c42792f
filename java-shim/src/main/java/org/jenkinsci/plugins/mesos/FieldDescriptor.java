package org.jenkinsci.plugins.mesos;

import hudson.model.Describable;
import hudson.model.Descriptor;

/** A descriptor whose form gets the titles of its fields from the messages, which name the same fields. */
public abstract class FieldDescriptor<T extends Describable<T>> extends Descriptor<T> {
    /** The title of a field, for the form. */
    public String title(String field) {
        return FieldCheck.title(clazz, field);
    }
}
