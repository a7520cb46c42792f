package jenkins.security;

/** A key from which secrets are derived, since 1.498. */
public class HMACConfidentialKey {
    public HMACConfidentialKey(Class<?> owner, String shortName) {}

    /** Hexadecimal secret for a message. */
    public String mac(String message) {
        throw new UnsupportedOperationException("a stub");
    }

    /** Whether the secret is that of the message; how long it takes does not tell how much of it is right. */
    public boolean checkMac(String message, String mac) {
        throw new UnsupportedOperationException("a stub");
    }
}
