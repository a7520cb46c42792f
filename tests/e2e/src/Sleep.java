import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** An agent's program for tests: it only shows that it runs, and how. */
public class Sleep {
    public static void main(String[] words) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> note("stopped.txt", "stopped")));
        note("seen.txt", System.getenv("TRIAL") + " " + new File("tool").canExecute());
        if (System.getenv("TRIAL_EATS") != null) {
            boolean heap = System.getenv("TRIAL_EATS").equals("heap");
            List<ByteBuffer> eaten = new ArrayList<>();
            while (true) {
                ByteBuffer more = heap ? ByteBuffer.allocate(1 << 20) : ByteBuffer.allocateDirect(1 << 20);
                while (more.hasRemaining()) {
                    more.put((byte) 1);
                }
                eaten.add(more);
            }
        }
        String port = System.getenv("TRIAL_PORT");
        if (port != null) {
            try (ServerSocket server = new ServerSocket(Integer.parseInt(port))) {
                while (true) {
                    try (Socket socket = server.accept()) {
                        socket.getOutputStream().write("hello".getBytes());
                    }
                }
            }
        }
        Thread.sleep(3600000);
    }

    /** Not every user of a container may write to the sandbox. */
    private static void note(String name, String text) {
        try {
            Path part = Paths.get(name + ".part");
            Files.write(part, text.getBytes());
            Files.move(part, Paths.get(name));
        } catch (IOException e) {
            System.err.println("cannot write " + name + ": " + e);
        }
    }
}
