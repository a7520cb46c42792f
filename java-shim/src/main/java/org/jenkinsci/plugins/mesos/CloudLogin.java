package org.jenkinsci.plugins.mesos;

import hudson.Util;
import hudson.model.Computer;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import hudson.util.Secret;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/** Principal and secret of a cloud: of its credential, or of its own fields as versions up to 0.8 wrote them. */
final class CloudLogin {
    private static final Logger LOGGER = Logger.getLogger(CloudLogin.class.getName());

    /** Clouds whose login could not be moved; not tried again in this life of Jenkins. */
    private static final Set<String> STAY = ConcurrentHashMap.newKeySet();

    private CloudLogin() {}

    /** The chosen credential is not there. Its message is for people. */
    static final class MissingException extends Exception {
        private static final long serialVersionUID = 1L;

        MissingException(String message) {
            super(message);
        }
    }

    /**
     * Puts principal and secret into the contract's Config. May ask another system for the credential, so it is not for
     * requests.
     */
    static void addTo(Map<String, Object> config, MesosCloud cloud) throws MissingException {
        LoginStore.Login login = of(cloud);
        if (login != null) {
            config.put("principal", login.principal());
            config.put("secret", login.password() == null ? null : login.password().getPlainText());
        }
    }

    /** Null if the cloud has none. */
    private static LoginStore.Login of(MesosCloud cloud) throws MissingException {
        String id = Util.fixEmptyAndTrim(cloud.getCredentialsId());
        if (id == null) {
            return cloud.ownLogin();
        }
        LoginStore store = LoginStore.find();
        if (store == null) {
            throw new MissingException(Messages.CloudLogin_noPlugin(id));
        }
        LoginStore.Login login = store.login(id, cloud.getMaster());
        if (login == null) {
            throw new MissingException(Messages.CloudLogin_missing(id));
        }
        return login;
    }

    /** For the form: none, all that are stored for this master, and always the chosen one. */
    static ListBoxModel choices(String master, String chosen) {
        ListBoxModel items = new ListBoxModel();
        items.add(Messages.CloudLogin_none(), "");
        LoginStore store = LoginStore.find();
        if (store != null && FieldCheck.mayConfigure()) {
            items.addAll(store.choices(Util.fixNull(master)));
        }
        String id = Util.fixNull(chosen).trim();
        if (items.stream().noneMatch(item -> item.value.equals(id))) {
            items.add(Messages.CloudLogin_chosen(id), id);
        }
        return items;
    }

    static FormValidation check(String id, String master) {
        if (Util.fixEmptyAndTrim(id) == null || !FieldCheck.mayConfigure()) {
            return FormValidation.ok();
        }
        LoginStore store = LoginStore.find();
        if (store == null) {
            return FormValidation.error(Messages.CloudLogin_noPlugin(id));
        }
        return store.login(id.trim(), Util.fixNull(master)) == null
                ? FormValidation.error(Messages.CloudLogin_missing(id))
                : FormValidation.ok();
    }

    /** Lets the credentials plugin show what uses the credential. */
    static void used(MesosCloud cloud) {
        String id = Util.fixEmptyAndTrim(cloud.getCredentialsId());
        LoginStore store = LoginStore.find();
        if (id != null && store != null) {
            store.used(id, cloud.getMaster());
        }
    }

    /**
     * Moves the principal and secret of an old configuration into a credential, once there is a store for it. They stay
     * where they are until the credential is on disk.
     *
     * @return whether the cloud has changed, so that Jenkins's configuration is to be saved
     */
    private static boolean migrate(MesosCloud cloud) {
        LoginStore.Login own = cloud.ownLogin();
        LoginStore store = LoginStore.find();
        if (own == null
                || store == null
                || Util.fixEmptyAndTrim(cloud.getCredentialsId()) != null
                || STAY.contains(cloud.getCloudID())) {
            return false;
        }
        Secret password = own.password() == null ? Secret.fromString("") : own.password();
        try {
            // those threads are Jenkins itself, which may change credentials
            String id = Computer.threadPoolForRemoting
                    .submit(() -> store.keep(
                            new LoginStore.Login(own.principal(), password),
                            cloud.getMaster(),
                            Messages.CloudLogin_description(cloud.name)))
                    .get();
            cloud.takeOverLogin(id);
            UpgradeReport.add(cloud.name, List.of(Finding.converted(null, "login", id)));
            LOGGER.log(
                    Level.INFO,
                    "{0}: its principal and secret of an old version are now the credential {1}",
                    new Object[] {cloud.name, id});
            return true;
        } catch (ExecutionException e) {
            STAY.add(cloud.getCloudID());
            UpgradeReport.add(cloud.name, List.of(Finding.toLookAt(null, "loginStays")));
            LOGGER.log(
                    Level.WARNING,
                    cloud.name + ": its principal and secret cannot be made a credential and stay in config.xml",
                    e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** As {@link #migrate}, for all clouds. */
    static void migrateAll(Iterable<MesosCloud> clouds) {
        boolean changed = false;
        for (MesosCloud cloud : clouds) {
            changed |= migrate(cloud);
        }
        if (changed) {
            try {
                Jenkins.get().save();
            } catch (IOException e) {
                LOGGER.log(Level.WARNING, "cannot save which credentials the Mesos clouds use", e);
            }
        }
    }
}
