package boot;

/** Starts the host's war on a JVM that is younger than its XStream, which knows only the vendor names of old. */
public final class Boot {
  private Boot() {}

  public static void main(String[] args) throws Exception {
    // The JVM overwrites this property when it is given on the command line.
    System.setProperty("java.vm.vendor", "Sun Microsystems Inc.");
    Class.forName("Main").getMethod("main", String[].class).invoke(null, (Object) args);
  }
}
