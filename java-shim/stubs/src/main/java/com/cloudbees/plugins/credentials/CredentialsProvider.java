package com.cloudbees.plugins.credentials;

import com.cloudbees.plugins.credentials.domains.DomainRequirement;
import hudson.model.ItemGroup;
import hudson.model.Node;
import java.util.List;
import org.springframework.security.core.Authentication;

/** The sources of credentials, as one. */
public abstract class CredentialsProvider {
    protected CredentialsProvider() {}

    /**
     * Those that {@code authentication} may use in a context.
     *
     * @param itemGroup null: Jenkins itself
     * @param authentication null: SYSTEM
     */
    @SuppressWarnings("rawtypes")
    public static <C extends Credentials> List<C> lookupCredentialsInItemGroup(
            Class<C> type,
            ItemGroup itemGroup,
            Authentication authentication,
            List<DomainRequirement> domainRequirements) {
        throw new UnsupportedOperationException();
    }

    /** Remembers that a node uses a credential; Jenkins itself counts as one. */
    public static <C extends Credentials> C track(Node node, C credentials) {
        throw new UnsupportedOperationException();
    }
}
