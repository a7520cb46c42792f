package jenkins.model.identity;

import java.security.PrivateKey;
import java.security.PublicKey;

/** The keys by which a Jenkins is known. */
public abstract class InstanceIdentityProvider<PUB extends PublicKey, PRIV extends PrivateKey> {
    public static final KeyTypes<PublicKey, PrivateKey> RSA = new KeyTypes<>();

    /** A kind of keys. */
    public static final class KeyTypes<PUB extends PublicKey, PRIV extends PrivateKey> {
        private KeyTypes() {}

        /** Null where no plugin provides one. */
        public PUB getPublicKey() {
            throw new UnsupportedOperationException();
        }
    }
}
