package jenkins.model;

import hudson.ExtensionList;
import hudson.init.InitMilestone;
import hudson.model.Computer;
import hudson.model.Descriptor;
import hudson.model.Hudson;
import hudson.model.Item;
import hudson.model.Label;
import hudson.model.Node;
import hudson.security.Permission;
import java.io.File;
import java.io.IOException;
import java.util.List;

/**
 * The members of today's {@code jenkins.model.Jenkins} that the plugin uses. In the 1.395 host a copy of this class is
 * put between {@code Node} and {@code Hudson} (see {@code tests/host-standins}), so that its abstract methods are
 * Hudson's own.
 */
public abstract class Jenkins extends Node {
    /** Not by way of {@code Hudson}: that class is initialised after this one. */
    public static final Permission ADMINISTER = Permission.HUDSON_ADMINISTER;

    /** Not final: {@code Hudson}'s constructor assigns it in the old host. */
    public Hudson.CloudList clouds;

    public static Jenkins get() {
        Jenkins instance = getInstanceOrNull();
        if (instance == null) {
            throw new IllegalStateException("the host is not started, or is shutting down");
        }
        return instance;
    }

    public static Jenkins getInstanceOrNull() {
        // through Object: at compile time Hudson does not extend this class yet
        return (Jenkins) (Object) Hudson.getInstance();
    }

    public abstract List<Node> getNodes();

    public abstract Node getNode(String name);

    public abstract void addNode(Node node) throws IOException;

    public abstract void removeNode(Node node) throws IOException;

    /** Writes a changed node to disk; the old host has all nodes in its own file. */
    public boolean updateNode(Node node) throws IOException {
        save();
        return true;
    }

    public abstract Computer getComputer(String name);

    public abstract Computer[] getComputers();

    public abstract Label getLabel(String expression);

    public abstract <T extends Item> T getItemByFullName(String fullName, Class<T> type);

    public abstract InitMilestone getInitLevel();

    public abstract File getRootDir();

    public abstract String getRootUrl();

    public abstract boolean isQuietingDown();

    public abstract int getSlaveAgentPort();

    public abstract boolean isUseSecurity();

    public abstract void save() throws IOException;

    public abstract <T> ExtensionList<T> getExtensionList(Class<T> extensionType);

    @SuppressWarnings("rawtypes")
    public abstract Descriptor getDescriptorOrDie(Class type);
}
