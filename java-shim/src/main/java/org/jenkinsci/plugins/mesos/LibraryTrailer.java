package org.jenkinsci.plugins.mesos;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The last 72 bytes of our library file: eight for the mark {@code MJNATIV1}, 64 for the SHA-256 of all before, in
 * lower case hexadecimal digits. It finds accidents, not forgery: whoever may change the file may change the sum too.
 */
final class LibraryTrailer {

    private static final byte[] MARK = "MJNATIV1".getBytes(StandardCharsets.US_ASCII);
    private static final int LENGTH = MARK.length + 64;
    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

    private LibraryTrailer() {}

    /** What is wrong with the file of these bytes, as a fragment for a message; null if it is ours and whole. */
    static String damageOf(byte[] file) {
        if (file.length == 0) {
            return "the file is empty";
        }
        int end = file.length - LENGTH;
        if (end < 0 || !Arrays.equals(file, end, end + MARK.length, MARK, 0, MARK.length)) {
            boolean elf = file.length > ELF.length && Arrays.equals(file, 0, ELF.length, ELF, 0, ELF.length);
            return elf
                    ? "it is another library than this plugin's, or the end of the file is cut off"
                    : "it is not a library of this plugin";
        }
        byte[] sum = HexFormat.of().formatHex(sha256(file, end)).getBytes(StandardCharsets.US_ASCII);
        boolean same = Arrays.equals(file, end + MARK.length, file.length, sum, 0, sum.length);
        return same ? null : "its contents do not match its checksum, so it is damaged";
    }

    private static byte[] sha256(byte[] bytes, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, 0, length);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
