package org.jenkinsci.plugins.mesos;

import hudson.model.Hudson;
import hudson.security.ACL;
import hudson.security.AuthorizationStrategy;
import hudson.security.Permission;
import java.util.Collection;
import java.util.List;
import org.acegisecurity.Authentication;

/** Everybody may look, nobody but Jenkins itself may change. */
final class ReadOnly extends AuthorizationStrategy {
    @Override
    public ACL getRootACL() {
        return new ACL() {
            @Override
            public boolean hasPermission(Authentication who, Permission permission) {
                return ACL.SYSTEM.equals(who) || permission == Hudson.READ;
            }
        };
    }

    @Override
    public Collection<String> getGroups() {
        return List.of();
    }
}
