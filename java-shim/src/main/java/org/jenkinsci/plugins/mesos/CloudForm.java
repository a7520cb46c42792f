package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.slaves.Cloud;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** What the form of a cloud asks while it is filled in. */
public abstract class CloudForm extends FieldDescriptor<Cloud> {
    /** Loads the library, so it is for administrators and by POST only. */
    @RequirePOST
    public FormValidation doCheckNativeLibraryPath(@QueryParameter String value) {
        return FieldCheck.libraryPath(value);
    }

    @RequirePOST
    public FormValidation doCheckMaster(@QueryParameter String value) {
        return FieldCheck.cloud("master", value);
    }

    @RequirePOST
    public FormValidation doCheckFrameworkName(@QueryParameter String value) {
        return FieldCheck.cloud("frameworkName", value);
    }

    @RequirePOST
    public FormValidation doCheckRole(@QueryParameter String value) {
        return FieldCheck.cloud("role", value);
    }

    @RequirePOST
    public FormValidation doCheckSlavesUser(@QueryParameter String value) {
        return FieldCheck.cloud("user", value);
    }

    @RequirePOST
    public FormValidation doCheckJenkinsURL(@QueryParameter String value) {
        if (Util.fixEmptyAndTrim(value) == null && MesosCloud.configuredRootUrl() == null) {
            return FormValidation.error(Messages.MesosCloud_noJenkinsUrl());
        }
        return Util.fixEmptyAndTrim(value) == null ? FormValidation.ok() : FieldCheck.cloud("jenkinsUrl", value);
    }

    @RequirePOST
    public FormValidation doCheckDeclineOfferDuration(@QueryParameter String value) {
        return FieldCheck.cloud(
                "declineSeconds", Util.fixEmptyAndTrim(value) == null ? MesosCloud.DEFAULT_DECLINE_SECONDS : value);
    }

    @RequirePOST
    public FormValidation doCheckFailoverTimeout(@QueryParameter String value) {
        return FieldCheck.cloud("failoverTimeoutSeconds", value);
    }

    @RequirePOST
    public FormValidation doCheckLaunchTimeout(@QueryParameter String value) {
        return FieldCheck.cloud("launchTimeoutSeconds", value);
    }

    @RequirePOST
    public ListBoxModel doFillConnectionItems() {
        ListBoxModel connections = new ListBoxModel();
        connections.add(Messages.CloudForm_auto(), "auto");
        connections.add(Messages.CloudForm_webSocket(), "websocket");
        connections.add(Messages.CloudForm_tcp(), "tcp");
        return connections;
    }

    @RequirePOST
    public FormValidation doCheckTunnel(@QueryParameter String value) {
        return TextRules.answer(TextRules.tunnel(value));
    }

    @RequirePOST
    public FormValidation doCheckMaxAgents(@QueryParameter String value) {
        return FieldCheck.cloud("maxAgents", value);
    }

    @RequirePOST
    public FormValidation doCheckMaxCpus(@QueryParameter String value) {
        return FieldCheck.cloud("maxCpus", value);
    }

    @RequirePOST
    public FormValidation doCheckMaxMem(@QueryParameter String value) {
        return FieldCheck.cloud("maxMem", value);
    }

    /** The same rule as for the cloud's own limit. */
    @RequirePOST
    public FormValidation doCheckPipelineMaxCpus(@QueryParameter String value) {
        return FieldCheck.cloud("maxCpus", value);
    }

    /** The same rule as for the cloud's own limit. */
    @RequirePOST
    public FormValidation doCheckPipelineMaxMem(@QueryParameter String value) {
        return FieldCheck.cloud("maxMem", value);
    }

    /** By GET too: the old host cannot check a text area otherwise, and only the text itself is looked at. */
    public FormValidation doCheckPipelineImages(@QueryParameter String value) {
        return TextRules.answer(TextRules.expressions(value));
    }
}
