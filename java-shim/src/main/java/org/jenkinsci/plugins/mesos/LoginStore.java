package org.jenkinsci.plugins.mesos;

import hudson.ExtensionPoint;
import hudson.model.Saveable;
import hudson.util.ListBoxModel;
import hudson.util.Secret;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import jenkins.model.Jenkins;

/**
 * Where Jenkins keeps usernames and passwords. The one implementation uses the credentials plugin; a host without that
 * plugin has none.
 */
public abstract class LoginStore implements ExtensionPoint {

    /** What a framework shows the master. Never shows its password. */
    record Login(String principal, Secret password) {
        @Override
        public String toString() {
            return "login of " + principal;
        }
    }

    /** The host's store, or null if it has none. */
    static LoginStore find() {
        Iterator<LoginStore> stores =
                Jenkins.get().getExtensionList(LoginStore.class).iterator();
        return stores.hasNext() ? stores.next() : null;
    }

    /**
     * The login that is stored under an id. May ask another system, so it is not for requests.
     *
     * @param master of the cloud; a login may be limited to some hosts
     * @return null if there is none for this master
     */
    abstract Login login(String id, String master);

    /** The ids of the logins for a master, with their names for a person. May ask another system. */
    abstract List<ListBoxModel.Option> choices(String master);

    /**
     * Stores a login for Jenkins itself, unless the same one is there already.
     *
     * @param description for a person, of one that is new
     * @return its id
     */
    abstract String keep(Login login, String master, String description) throws IOException;

    /** Whether logins change with this file; of other systems nobody tells. */
    abstract boolean isKeptIn(Saveable file);

    /** Lets the store show that Jenkins uses the login. */
    abstract void used(String id, String master);
}
