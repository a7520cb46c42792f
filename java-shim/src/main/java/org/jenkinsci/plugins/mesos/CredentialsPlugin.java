package org.jenkinsci.plugins.mesos;

import com.cloudbees.plugins.credentials.CredentialsNameProvider;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import com.cloudbees.plugins.credentials.domains.DomainRequirement;
import com.cloudbees.plugins.credentials.domains.HostnamePortRequirement;
import com.cloudbees.plugins.credentials.domains.HostnameRequirement;
import com.cloudbees.plugins.credentials.domains.SchemeRequirement;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.Extension;
import hudson.model.Descriptor.FormException;
import hudson.model.Saveable;
import hudson.util.ListBoxModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import jenkins.model.Jenkins;

/** Logins of the credentials plugin: usernames with password that Jenkins itself may use. */
@Extension(optional = true)
public final class CredentialsPlugin extends LoginStore {
    /** In a field, so that no instance can be made where the plugin is absent. */
    private final Class<StandardUsernamePasswordCredentials> kind = StandardUsernamePasswordCredentials.class;

    @Override
    Login login(String id, String master) {
        StandardUsernamePasswordCredentials found = credentials(id, master);
        return found == null ? null : new Login(found.getUsername(), found.getPassword());
    }

    @Override
    List<ListBoxModel.Option> choices(String master) {
        return all(master).stream()
                .map(each -> new ListBoxModel.Option(Shown.name(each), each.getId()))
                .toList();
    }

    @Override
    String keep(Login login, String master, String description) throws IOException {
        for (StandardUsernamePasswordCredentials each : all(master)) {
            if (each.getUsername().equals(login.principal()) && each.getPassword().equals(login.password())) {
                return each.getId();
            }
        }
        String id = UUID.randomUUID().toString();
        SystemCredentialsProvider store = SystemCredentialsProvider.getInstance();
        try {
            store.getCredentials().add(new UsernamePasswordCredentialsImpl(
                    CredentialsScope.SYSTEM,
                    id,
                    description,
                    login.principal(),
                    login.password().getPlainText()));
        } catch (FormException e) {
            throw new IOException("the credentials plugin refuses the login of " + login.principal(), e);
        }
        store.save();
        return id;
    }

    @Override
    void used(String id, String master) {
        StandardUsernamePasswordCredentials found = credentials(id, master);
        if (found != null) {
            Shown.used(found);
        }
    }

    @Override
    boolean isKeptIn(Saveable file) {
        return file instanceof SystemCredentialsProvider;
    }

    private StandardUsernamePasswordCredentials credentials(String id, String master) {
        for (StandardUsernamePasswordCredentials each : all(master)) {
            if (each.getId().equals(id)) {
                return each;
            }
        }
        return null;
    }

    /** As SYSTEM, which the null says, in the context of Jenkins itself. */
    private List<StandardUsernamePasswordCredentials> all(String master) {
        return CredentialsProvider.lookupCredentialsInItemGroup(
                kind, null, null, requirements(MasterAddress.parse(master)));
    }

    /** The login may go to any of the hosts, so its domain must allow them all. */
    private static List<DomainRequirement> requirements(MasterAddress master) {
        List<DomainRequirement> requirements = new ArrayList<>();
        requirements.add(new SchemeRequirement(master.scheme()));
        for (MasterAddress.Host host : master.hosts()) {
            if (host.port() == null) {
                requirements.add(new HostnameRequirement(host.name()));
            } else {
                requirements.add(new HostnamePortRequirement(host.name(), host.port()));
            }
        }
        return requirements;
    }

    /** A class of its own: a host that verifies the outer one need not have the types that are passed here. */
    private static final class Shown {
        static String name(StandardUsernamePasswordCredentials credentials) {
            return CredentialsNameProvider.name(credentials);
        }

        static void used(StandardUsernamePasswordCredentials credentials) {
            CredentialsProvider.track(Jenkins.get(), credentials);
        }
    }
}
