package peers.fenzo;

/**
 * How Fenzo looks for hosts: all of them for each task ({@code exhaustive}), until one is fit enough
 * ({@code goodenough=0.1}), or all of those in the task's zone ({@code constraint}).
 */
record Mode(double enough, boolean constraint) {
    private static final String GOOD_ENOUGH = "goodenough=";

    static Mode of(String word) {
        if (word.startsWith(GOOD_ENOUGH)) {
            return new Mode(Double.parseDouble(word.substring(GOOD_ENOUGH.length())), false);
        }
        return switch (word) {
            case "exhaustive" -> new Mode(1.0, false);
            case "constraint" -> new Mode(1.0, true);
            default -> throw new IllegalArgumentException("no mode " + word);
        };
    }
}
