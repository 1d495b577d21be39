import java.net.InetAddress;
import java.net.URL;

public class Fetch {
  public static void main(String[] arguments) throws Exception {
    long started = System.nanoTime();
    try {
      InetAddress.getByName("java.example.org");
      stop(started);
      new URL("http://java.example.org/models/java.bin").openStream().read();
    } catch (java.io.IOException error) {
      stop(started);
    }
    try {
      new URL("https://secure.example.org/models/java.bin").openStream().read();
    } catch (java.io.IOException error) {
      System.out.println(error);
    }
  }

  private static void stop(long started) {
    System.out.println("seconds " + (System.nanoTime() - started) / 1e9);
  }
}
