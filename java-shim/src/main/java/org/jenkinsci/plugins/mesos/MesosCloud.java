package org.jenkinsci.plugins.mesos;

import com.thoughtworks.xstream.converters.UnmarshallingContext;
import com.thoughtworks.xstream.io.HierarchicalStreamReader;
import hudson.Extension;
import hudson.Util;
import hudson.model.Label;
import hudson.slaves.Cloud;
import hudson.slaves.NodeProvisioner.PlannedNode;
import hudson.util.Secret;
import hudson.util.XStream2;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import jenkins.model.Jenkins;
import net.sf.json.JSONObject;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.HttpResponses;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.StaplerRequest;
import org.kohsuke.stapler.interceptor.RequirePOST;

/**
 * A Mesos cluster on which agents run as tasks. Class and field names are those of the plugin's 0.x and 1.x lines,
 * whose {@code config.xml} is read and written.
 */
public class MesosCloud extends CloudLimits {
    static final String DEFAULT_NAME = "MesosCloud";
    static final String DEFAULT_FRAMEWORK_NAME = "Jenkins Scheduler";
    static final String DEFAULT_ROLE = "*";
    static final String DEFAULT_DECLINE_SECONDS = "600";
    static final String DEFAULT_CONNECTION = "auto";
    static final String DEFAULT_FAILOVER_SECONDS = "604800";
    static final String DEFAULT_LAUNCH_SECONDS = "600";
    static final String DEFAULT_UNREACHABLE_SECONDS = "600";
    static final String DEFAULT_PLACEMENT = "pack";
    static final String DEFAULT_HOLD_BACK_SECONDS = "300";

    /** Of the files that this version writes; older ones have none. */
    private static final int CONFIG_VERSION = 3;

    private Integer configVersion;
    private String nativeLibraryPath;
    private String master;
    private String description;
    private String frameworkName;
    private String role;
    private String slavesUser;
    private String credentialsId;
    private String cloudID;
    private Boolean checkpoint;
    private Boolean onDemandRegistration;
    private Boolean nfsRemoteFSRoot;
    private Boolean enableMetricsHealthcheck;
    private String jenkinsURL;
    private String declineOfferDuration;
    private List<MesosSlaveInfo> slaveInfos;

    // The fields below came with 3.0. One that is not used is null, so that it is not written: an older version that
    // reads the file again then finds only what it knows.
    private String connection;
    private String tunnel;
    private String caFile;
    private String failoverTimeout;
    private String unreachableTimeout;
    private String frameworkLabels;
    private String launchTimeout;
    private String placement;
    private String holdBackSeconds;

    /** Version 2.0 gave its framework an id of its own. */
    private String frameworkId;

    /** Versions up to 0.8 had the principal and its password here. */
    private String principal;

    private Secret secret;

    /** What was converted when this cloud was read; null: nothing, or it is in the upgrade report. */
    private transient List<Finding> findings;

    /**
     * @param name of the cloud; empty: MesosCloud
     * @param master {@code host:port}, {@code http(s)://host:port} or {@code zk://host:port,…/path}
     */
    @DataBoundConstructor
    public MesosCloud(String name, String master) {
        super(Util.fixEmptyAndTrim(name) == null ? DEFAULT_NAME : name.trim());
        this.master = Util.fixNull(master).trim();
        checkpoint = true;
        configVersion = CONFIG_VERSION;
        readResolve();
    }

    /**
     * A copy under another name, with an identity of its own; other plugins make clouds so.
     *
     * @param name of the new cloud; empty: MesosCloud
     */
    public MesosCloud(String name, MesosCloud source) {
        this(name, source.master);
        copyLimits(source);
        nativeLibraryPath = source.nativeLibraryPath;
        description = source.description;
        frameworkName = source.frameworkName;
        role = source.role;
        slavesUser = source.slavesUser;
        credentialsId = source.credentialsId;
        checkpoint = source.checkpoint;
        onDemandRegistration = source.onDemandRegistration;
        nfsRemoteFSRoot = source.nfsRemoteFSRoot;
        enableMetricsHealthcheck = source.enableMetricsHealthcheck;
        jenkinsURL = source.jenkinsURL;
        declineOfferDuration = source.declineOfferDuration;
        slaveInfos = new ArrayList<>(source.slaveInfos);
        connection = source.connection;
        tunnel = source.tunnel;
        caFile = source.caFile;
        failoverTimeout = source.failoverTimeout;
        unreachableTimeout = source.unreachableTimeout;
        frameworkLabels = source.frameworkLabels;
        launchTimeout = source.launchTimeout;
        placement = source.placement;
        holdBackSeconds = source.holdBackSeconds;
        principal = source.principal;
        secret = source.secret;
    }

    /** Fills in what an old file lacks. */
    private Object readResolve() {
        nativeLibraryPath = Util.fixNull(nativeLibraryPath).trim();
        master = Util.fixNull(master).trim();
        description = Util.fixNull(description);
        frameworkName = Util.fixEmptyAndTrim(frameworkName) == null ? DEFAULT_FRAMEWORK_NAME : frameworkName.trim();
        role = Util.fixEmptyAndTrim(role) == null ? DEFAULT_ROLE : role.trim();
        slavesUser = Util.fixNull(slavesUser).trim();
        cloudID = Util.fixEmptyAndTrim(cloudID) == null ? UUID.randomUUID().toString() : cloudID.trim();
        checkpoint = checkpoint == null ? Boolean.FALSE : checkpoint;
        onDemandRegistration = onDemandRegistration == null ? Boolean.TRUE : onDemandRegistration;
        jenkinsURL = Util.fixNull(jenkinsURL).trim();
        String declineSeconds = Util.fixEmptyAndTrim(declineOfferDuration);
        declineOfferDuration = declineSeconds == null ? DEFAULT_DECLINE_SECONDS : declineSeconds;
        slaveInfos = slaveInfos == null ? new ArrayList<>() : slaveInfos;
        return this;
    }

    /** Brings what an older version wrote into today's form. */
    private void upgrade(Map<String, XmlTree> kept, OldVersion version) {
        if (configVersion == null || !kept.isEmpty()) {
            configVersion = CONFIG_VERSION;
            findings = OldCloud.convert(this, kept, version);
        }
    }

    /** What was converted when this cloud was read, once; null: nothing. */
    synchronized List<Finding> takeFindings() {
        List<Finding> taken = findings;
        findings = null;
        return taken;
    }

    private static String nullIfDefault(String value, String standard) {
        String trimmed = Util.fixEmptyAndTrim(value);
        return standard.equals(trimmed) ? null : trimmed;
    }

    public String getName() {
        return name;
    }

    /** Absolute path of the native library; empty: the one in the plugin. */
    public String getNativeLibraryPath() {
        return nativeLibraryPath;
    }

    @DataBoundSetter
    public void setNativeLibraryPath(String nativeLibraryPath) {
        this.nativeLibraryPath = Util.fixNull(nativeLibraryPath).trim();
    }

    public String getMaster() {
        return master;
    }

    /** For pages and logs. */
    String masterWithoutPassword() {
        return master.replaceAll("(?<=//)[^/@]*@", "***@");
    }

    public String getDescription() {
        return description;
    }

    @DataBoundSetter
    public void setDescription(String description) {
        this.description = FormText.plain(description);
    }

    public String getFrameworkName() {
        return frameworkName;
    }

    @DataBoundSetter
    public void setFrameworkName(String frameworkName) {
        this.frameworkName = FormText.plain(frameworkName).trim();
    }

    public String getRole() {
        return role;
    }

    @DataBoundSetter
    public void setRole(String role) {
        this.role = Util.fixEmptyAndTrim(role) == null ? DEFAULT_ROLE : role.trim();
    }

    /** Unix user that the agents run as; empty: the one Jenkins runs as. */
    public String getSlavesUser() {
        return slavesUser;
    }

    @DataBoundSetter
    public void setSlavesUser(String slavesUser) {
        this.slavesUser = Util.fixNull(slavesUser).trim();
    }

    /** Username and password in the credentials plugin that are the framework's principal and secret; empty: none. */
    public String getCredentialsId() {
        return credentialsId;
    }

    @DataBoundSetter
    public void setCredentialsId(String credentialsId) {
        this.credentialsId = Util.fixEmptyAndTrim(credentialsId);
    }

    /** As versions up to 0.8 had it; null if there is none, or a credential has taken its place. */
    LoginStore.Login ownLogin() {
        return Util.fixEmptyAndTrim(principal) == null ? null : new LoginStore.Login(principal.trim(), secret);
    }

    /** The credential holds now what the cloud held itself. */
    void takeOverLogin(String id) {
        credentialsId = id;
        principal = null;
        secret = null;
    }

    public String getCloudID() {
        return cloudID;
    }

    @DataBoundSetter
    public void setCloudID(String cloudID) {
        if (Util.fixEmptyAndTrim(cloudID) != null) {
            this.cloudID = cloudID.trim();
        }
    }

    /** The framework that a cloud of version 2.0 had and this one takes over if it can; empty: none. */
    public String getFrameworkId() {
        return Util.fixNull(frameworkId);
    }

    public boolean isCheckpoint() {
        return checkpoint;
    }

    @DataBoundSetter
    public void setCheckpoint(boolean checkpoint) {
        this.checkpoint = checkpoint;
    }

    public boolean isOnDemandRegistration() {
        return onDemandRegistration;
    }

    @DataBoundSetter
    public void setOnDemandRegistration(boolean onDemandRegistration) {
        this.onDemandRegistration = onDemandRegistration;
    }

    /** Whether builds that run at once share their workspaces over NFS, where this Jenkins reads those of agents. */
    public boolean isNfsRemoteFSRoot() {
        return Boolean.TRUE.equals(nfsRemoteFSRoot);
    }

    @DataBoundSetter
    public void setNfsRemoteFSRoot(boolean nfsRemoteFSRoot) {
        this.nfsRemoteFSRoot = nfsRemoteFSRoot;
    }

    /** Whether the metrics plugin gets a health check of this cloud. */
    public boolean isEnableMetricsHealthcheck() {
        // versions that could not switch it off had it
        return !Boolean.FALSE.equals(enableMetricsHealthcheck);
    }

    @DataBoundSetter
    public void setEnableMetricsHealthcheck(boolean enableMetricsHealthcheck) {
        this.enableMetricsHealthcheck = enableMetricsHealthcheck;
    }

    /** Jenkins as the agents reach it; empty: its own root URL. */
    public String getJenkinsURL() {
        return jenkinsURL;
    }

    @DataBoundSetter
    public void setJenkinsURL(String jenkinsURL) {
        this.jenkinsURL = Util.fixNull(jenkinsURL).trim();
    }

    /** Seconds for which offers are declined while nothing waits. */
    public String getDeclineOfferDuration() {
        return declineOfferDuration;
    }

    @DataBoundSetter
    public void setDeclineOfferDuration(String declineOfferDuration) {
        String text = Util.fixEmptyAndTrim(declineOfferDuration);
        this.declineOfferDuration = text == null ? DEFAULT_DECLINE_SECONDS : text;
    }

    /** How agents reach Jenkins: {@code auto}, {@code websocket} or {@code tcp}. */
    public String getConnection() {
        return connection == null ? DEFAULT_CONNECTION : connection;
    }

    @DataBoundSetter
    public void setConnection(String connection) {
        this.connection = nullIfDefault(connection, DEFAULT_CONNECTION);
    }

    /** {@code host:port} that agents connect to instead of the agent port of Jenkins; empty: none. */
    public String getTunnel() {
        return Util.fixNull(tunnel);
    }

    @DataBoundSetter
    public void setTunnel(String tunnel) {
        this.tunnel = Util.fixEmptyAndTrim(tunnel);
    }

    /** Path of a PEM file with the certificate authorities of masters over TLS; empty: those of the system. */
    public String getCaFile() {
        return Util.fixNull(caFile);
    }

    @DataBoundSetter
    public void setCaFile(String caFile) {
        this.caFile = Util.fixEmptyAndTrim(caFile);
    }

    /** Seconds for which Mesos keeps the agents while Jenkins is away. */
    public String getFailoverTimeout() {
        return failoverTimeout == null ? DEFAULT_FAILOVER_SECONDS : failoverTimeout;
    }

    @DataBoundSetter
    public void setFailoverTimeout(String failoverTimeout) {
        this.failoverTimeout = nullIfDefault(failoverTimeout, DEFAULT_FAILOVER_SECONDS);
    }

    /** Seconds for which an agent is kept whose host Mesos does not reach. */
    public String getUnreachableTimeout() {
        return unreachableTimeout == null ? DEFAULT_UNREACHABLE_SECONDS : unreachableTimeout;
    }

    @DataBoundSetter
    public void setUnreachableTimeout(String unreachableTimeout) {
        this.unreachableTimeout = nullIfDefault(unreachableTimeout, DEFAULT_UNREACHABLE_SECONDS);
    }

    /** Labels of the framework beside the plugin's own: {@code key=value} lines; empty: none. */
    public String getFrameworkLabels() {
        return Util.fixNull(frameworkLabels);
    }

    @DataBoundSetter
    public void setFrameworkLabels(String frameworkLabels) {
        this.frameworkLabels = Util.fixEmptyAndTrim(frameworkLabels);
    }

    /** Seconds within which an agent must run. */
    public String getLaunchTimeout() {
        return launchTimeout == null ? DEFAULT_LAUNCH_SECONDS : launchTimeout;
    }

    @DataBoundSetter
    public void setLaunchTimeout(String launchTimeout) {
        this.launchTimeout = nullIfDefault(launchTimeout, DEFAULT_LAUNCH_SECONDS);
    }

    /** What a good place for an agent is: {@code pack}, {@code spread} or {@code balanced}. */
    public String getPlacement() {
        return placement == null ? DEFAULT_PLACEMENT : placement;
    }

    @DataBoundSetter
    public void setPlacement(String placement) {
        this.placement = nullIfDefault(placement, DEFAULT_PLACEMENT);
    }

    /** Seconds that an agent waits before room is held back for it. */
    public String getHoldBackSeconds() {
        return holdBackSeconds == null ? DEFAULT_HOLD_BACK_SECONDS : holdBackSeconds;
    }

    @DataBoundSetter
    public void setHoldBackSeconds(String holdBackSeconds) {
        this.holdBackSeconds = nullIfDefault(holdBackSeconds, DEFAULT_HOLD_BACK_SECONDS);
    }

    public List<MesosSlaveInfo> getSlaveInfos() {
        return slaveInfos;
    }

    @DataBoundSetter
    public void setSlaveInfos(List<MesosSlaveInfo> slaveInfos) {
        this.slaveInfos = slaveInfos == null ? new ArrayList<>() : new ArrayList<>(slaveInfos);
        this.slaveInfos.forEach(MesosSlaveInfo::complete);
    }

    /** Takes the identity of the cloud whose place it takes, and the login that is in no file but Jenkins's own. */
    void continueAs(MesosCloud before) {
        cloudID = before.cloudID;
        frameworkId = before.frameworkId;
        principal = before.principal;
        secret = before.secret;
    }

    /** Gives this cloud an identity of its own, when another one has the same. */
    void renewCloudID() {
        cloudID = UUID.randomUUID().toString();
    }

    /** Takes over what the form does not show from the cloud that it was made of. */
    void carryFrom(MesosCloud before) {
        frameworkId = before.frameworkId;
        principal = before.principal;
        secret = before.secret;
        for (MesosSlaveInfo info : slaveInfos) {
            before.templates().like(info).ifPresent(info::carryFrom);
        }
    }

    /** Where agents find Jenkins, with a slash at its end, or null if nobody said. */
    String agentsJenkinsUrl() {
        String url = Util.fixEmptyAndTrim(jenkinsURL.isEmpty() ? RootUrl.configured() : jenkinsURL);
        return url == null || url.endsWith("/") ? url : url + "/";
    }

    /** Which of its templates serve whom, and what they inherit. */
    CloudTemplates templates() {
        return new CloudTemplates(this);
    }

    /** For the native library; without what is not configured here, see {@link ContractConfig}. */
    Map<String, Object> toConfig() {
        return ContractConfig.of(this);
    }

    @Override
    public boolean canProvision(Label label) {
        return templates().choiceFor(label) != null;
    }

    @Override
    public Collection<PlannedNode> provision(Label label, int excessWorkload) {
        return Provisioning.provision(this, label, excessWorkload);
    }

    /** What a person who provisions by hand chooses from. */
    public List<String> getTemplateKeys() {
        return slaveInfos.stream().map(MesosSlaveInfo::key).toList();
    }

    /**
     * Asks for one agent of a template, as a person wants it.
     *
     * @param template one of {@link #getTemplateKeys}
     */
    @RequirePOST
    public HttpResponse doProvision(@QueryParameter String template) {
        checkPermission(PROVISION);
        Provisioning.byHand(this, template);
        return HttpResponses.redirectTo("../../computer/");
    }

    @Override
    public DescriptorImpl getDescriptor() {
        return (DescriptorImpl) super.getDescriptor();
    }

    /** Reads also what older versions wrote; the host finds it by its name. */
    public static final class ConverterImpl extends XStream2.PassthruConverter<MesosCloud> {
        public ConverterImpl(XStream2 xstream) {
            super(xstream);
        }

        @Override
        public Object unmarshal(HierarchicalStreamReader reader, UnmarshallingContext context) {
            OldVersion version = OldVersion.of(reader.getAttribute("plugin"));
            KeepingReader keeping = new KeepingReader(reader, OldCloud.ELEMENTS);
            MesosCloud cloud = (MesosCloud) super.unmarshal(keeping, context);
            cloud.upgrade(keeping.kept(), version);
            return cloud;
        }

        @Override
        protected void callback(MesosCloud cloud, UnmarshallingContext context) {
            // what was kept is not known here
        }
    }

    @Extension
    @Symbol("mesos")
    public static final class DescriptorImpl extends CloudForm {
        @Override
        public String getDisplayName() {
            return Messages.MesosCloud_displayName();
        }

        @Override
        public Cloud newInstance(StaplerRequest request, JSONObject form) throws FormException {
            MesosCloud cloud = (MesosCloud) super.newInstance(request, form);
            for (Cloud each : Jenkins.get().clouds) {
                if (each instanceof MesosCloud before && before.getCloudID().equals(cloud.getCloudID())) {
                    cloud.carryFrom(before);
                    break;
                }
            }
            FieldCheck.refuseErrors(cloud);
            return cloud;
        }
    }
}
