package org.jenkinsci.plugins.mesos;

import hudson.util.FormValidation;
import java.util.List;
import java.util.Map;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a URI asks while it is filled in. */
public abstract class FetchedFileForm extends FieldDescriptor<FetchedFile> {
    @RequirePOST
    public FormValidation doCheckValue(@QueryParameter String value) {
        return FieldCheck.within("uris[0].value", List.of(Map.of("value", value.trim())));
    }
}
