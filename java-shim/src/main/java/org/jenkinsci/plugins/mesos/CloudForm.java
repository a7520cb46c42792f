package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.slaves.Cloud;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import jenkins.model.Jenkins;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.Stapler;
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
        if (Util.fixEmptyAndTrim(value) == null && RootUrl.configured() == null) {
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
    public FormValidation doCheckUnreachableTimeout(@QueryParameter String value) {
        return FieldCheck.cloud("unreachableTimeoutSeconds", value);
    }

    /** By GET too: the old host cannot check a text area otherwise, and only the text itself is looked at. */
    public FormValidation doCheckFrameworkLabels(@QueryParameter String value) {
        return FieldCheck.cloud("labels", value);
    }

    @RequirePOST
    public FormValidation doCheckLaunchTimeout(@QueryParameter String value) {
        return FieldCheck.cloud("launchTimeoutSeconds", value);
    }

    @RequirePOST
    public ListBoxModel doFillPlacementItems() {
        ListBoxModel placements = new ListBoxModel();
        placements.add(Messages.CloudForm_pack(), "pack");
        placements.add(Messages.CloudForm_spread(), "spread");
        placements.add(Messages.CloudForm_balanced(), "balanced");
        return placements;
    }

    @RequirePOST
    public FormValidation doCheckHoldBackSeconds(@QueryParameter String value) {
        return FieldCheck.cloud("holdBackSeconds", value);
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
    public FormValidation doCheckCaFile(@QueryParameter String value) {
        return FieldCheck.cloud("caFile", value);
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

    /** For the form, which shows the plugin's own control where there is one; null: there is none. */
    public LoginStore getLoginStore() {
        return LoginStore.find();
    }

    /** The logins of the credentials plugin for this master; whoever may not configure sees the chosen one alone. */
    @RequirePOST
    public ListBoxModel doFillCredentialsIdItems(
            @QueryParameter String master, @QueryParameter String credentialsId) {
        return CloudLogin.choices(master, credentialsId);
    }

    @RequirePOST
    public FormValidation doCheckCredentialsId(@QueryParameter String value, @QueryParameter String master) {
        return CloudLogin.check(value, master);
    }

    /** Tries the settings as they stand in the form; see {@link ConnectionTest} for how it avoids to wait. */
    @RequirePOST
    public FormValidation doTestConnection(
            @QueryParameter String nativeLibraryPath,
            @QueryParameter String master,
            @QueryParameter String frameworkName,
            @QueryParameter String role,
            @QueryParameter String slavesUser,
            @QueryParameter String credentialsId,
            @QueryParameter String cloudID) {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        MesosCloud tried = new MesosCloud(null, master);
        tried.setNativeLibraryPath(nativeLibraryPath);
        tried.setFrameworkName(frameworkName);
        tried.setRole(role);
        tried.setSlavesUser(slavesUser);
        tried.setCredentialsId(credentialsId);
        for (Cloud each : Jenkins.get().clouds) {
            if (each instanceof MesosCloud saved && saved.getCloudID().equals(cloudID)) {
                tried.carryFrom(saved);
            }
        }
        String here = Stapler.getCurrentRequest().getContextPath() + "/descriptorByName/" + clazz.getName();
        return ConnectionTest.start(tried).answer(here + "/testConnectionResult");
    }

    /**
     * The outcome of a test that took longer than its request, as a small page that looks again until it is there.
     */
    public HttpResponse doTestConnectionResult(@QueryParameter String id) {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        return ConnectionTest.page(id);
    }
}
