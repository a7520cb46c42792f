package org.jenkinsci.plugins.mesos;

import hudson.model.Hudson;
import hudson.model.Saveable;
import hudson.util.ListBoxModel;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Logins as the credentials plugin keeps them. */
final class FakeLogins extends LoginStore {
    final Map<String, Login> logins = new ConcurrentHashMap<>();
    final Queue<String> used = new ConcurrentLinkedQueue<>();

    /** The host has this store from now on. */
    static FakeLogins in(Hudson host) {
        FakeLogins store = new FakeLogins();
        host.getExtensionList(LoginStore.class).add(store);
        return store;
    }

    @Override
    Login login(String id, String master) {
        return logins.get(id);
    }

    @Override
    List<ListBoxModel.Option> choices(String master) {
        return logins.keySet().stream()
                .map(id -> new ListBoxModel.Option("login " + id, id))
                .toList();
    }

    @Override
    String keep(Login login, String master, String description) {
        logins.put("kept", login);
        return "kept";
    }

    @Override
    boolean isKeptIn(Saveable file) {
        return false;
    }

    @Override
    void used(String id, String master) {
        used.add(id);
    }
}
