package jenkins.slaves;

import jenkins.security.HMACConfidentialKey;

/** Makes the secrets of inbound agents, since 1.498. */
public abstract class JnlpAgentReceiver {
    public static final HMACConfidentialKey SLAVE_SECRET = new HMACConfidentialKey(JnlpAgentReceiver.class, "secret");
}
