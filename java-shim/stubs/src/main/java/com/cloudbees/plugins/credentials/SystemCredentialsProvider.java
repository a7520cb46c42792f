package com.cloudbees.plugins.credentials;

import hudson.model.Saveable;
import java.io.IOException;
import java.util.List;

/** The credentials that Jenkins keeps itself. */
public class SystemCredentialsProvider implements Saveable {
    public static SystemCredentialsProvider getInstance() {
        throw new UnsupportedOperationException();
    }

    /** Those without a domain; changes last once they are saved. */
    public List<Credentials> getCredentials() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void save() throws IOException {
        throw new UnsupportedOperationException();
    }
}
