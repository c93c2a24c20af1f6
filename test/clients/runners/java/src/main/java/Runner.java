import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.otpd.AdminClient;
import dev.otpd.OtpClient;
import dev.otpd.OtpClientBuilder;
import dev.otpd.OtpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs the cases of a configuration with the Java client, and prints one line of JSON for each step. */
public final class Runner {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)\\}");
  private final JsonObject config;
  private final Map<String, Object> clients = new HashMap<>();

  private Runner(JsonObject config) {
    this.config = config;
  }

  public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
    JsonObject config = JsonParser.parseString(Files.readString(Path.of(args[0]))).getAsJsonObject();
    new Runner(config).run();
    if (config.has("crowd")) {
      String apiKey = config.getAsJsonObject("keys").get("full").getAsString();
      try (OtpClient client = builder(config.getAsJsonObject("servers").getAsJsonObject("plain"), apiKey, null).batching().connect()) {
        Crowd.callTogether(client, config.getAsJsonArray("crowd"));
      }
    }
  }

  private void run() throws IOException {
    for (JsonElement element : config.getAsJsonArray("cases")) {
      JsonObject each = element.getAsJsonObject();
      Map<String, String> saved = new HashMap<>();
      JsonArray steps = each.getAsJsonArray("steps");
      for (int index = 0; index < steps.size(); index++) {
        JsonObject line = new JsonObject();
        line.add("case", each.get("name"));
        line.addProperty("step", index);
        run(steps.get(index).getAsJsonObject(), saved).entrySet().forEach(entry -> line.add(entry.getKey(), entry.getValue()));
        System.out.println(new Gson().toJson(line));
      }
    }
  }

  private JsonObject run(JsonObject step, Map<String, String> saved) throws IOException {
    String request = VARIABLE.matcher(step.get("request").toString())
        .replaceAll(match -> Matcher.quoteReplacement(saved.get(match.group(1))));
    JsonObject result = new JsonObject();
    JsonObject response = new JsonObject();
    Map<String, String> headers = new HashMap<>();
    try {
      Object client = client(step);
      if (step.has("headers")) {
        client = ((OtpClient) client).onHeaders(headers::putAll);
      }
      int repeat = step.has("repeat") ? step.get("repeat").getAsInt() : 1;
      for (int i = 0; i < repeat; i++) {
        response = Call.of(client, step, request);
      }
    } catch (OtpException error) {
      result.addProperty("code", error.getCode().name());
      result.add("error", describe(error));
      if (step.has("text")) {
        result.addProperty("text", error.toString());
      }
      return result;
    } catch (IllegalArgumentException | IllegalStateException error) {
      result.addProperty("code", "REFUSED");
      result.addProperty("message", error.getMessage());
      return result;
    }
    if (step.has("save")) {
      for (var entry : step.getAsJsonObject("save").entrySet()) {
        saved.put(entry.getKey(), at(response, entry.getValue().getAsString()));
      }
    }
    result.addProperty("code", "OK");
    result.add("response", response);
    if (step.has("headers")) {
      headers.keySet().retainAll(step.getAsJsonArray("headers").asList().stream().map(JsonElement::getAsString).toList());
      result.add("headers", new Gson().toJsonTree(headers));
    }
    return result;
  }

  /** The client of the step: an {@link OtpClient}, or an {@link AdminClient} for its calls. */
  private Object client(JsonObject step) throws IOException {
    String server = text(step, "server", "plain");
    String key = text(step, "key", "full");
    Duration deadline = Call.deadline(step, "client_deadline_ms");
    boolean admin = step.get("rpc").getAsString().startsWith("admin.");
    String name = server + " " + key + " " + deadline + " " + admin;
    if (step.has("closed") || !clients.containsKey(name)) {
      String apiKey = config.getAsJsonObject("keys").get(key).getAsString();
      OtpClientBuilder builder = builder(config.getAsJsonObject("servers").getAsJsonObject(server), apiKey, deadline);
      if (step.has("closed")) {
        OtpClient closed = builder.connect();
        closed.close();
        return closed;
      }
      clients.put(name, admin ? builder.connectAdmin() : builder.connect());
    }
    return clients.get(name);
  }

  private static OtpClientBuilder builder(JsonObject server, String apiKey, Duration deadline) throws IOException {
    OtpClientBuilder builder = OtpClient.builder(server.get("address").getAsString(), apiKey);
    if (deadline != null) {
      builder.deadline(deadline);
    }
    if (server.has("plaintext") || !server.has("ca")) {
      builder.plaintext();
    }
    if (server.has("ca")) {
      builder.rootCertificates(Path.of(server.get("ca").getAsString()));
    }
    if (server.has("cert")) {
      builder.clientCertificate(Path.of(server.get("cert").getAsString()), Path.of(server.get("key").getAsString()));
    }
    return builder;
  }

  private static String text(JsonObject object, String name, String otherwise) {
    return object.has(name) ? object.get(name).getAsString() : otherwise;
  }

  private static String at(JsonElement value, String path) {
    for (String part : path.split("\\.")) {
      value = value.isJsonArray() ? value.getAsJsonArray().get(Integer.parseInt(part)) : value.getAsJsonObject().get(part);
    }
    return value.getAsString();
  }

  private static JsonObject describe(OtpException error) {
    JsonObject described = new JsonObject();
    described.addProperty("reason", error.getReasonName());
    described.add("violations", new Gson().toJsonTree(
        error.getFieldViolations().stream().map(OtpException.FieldViolation::field).sorted().toList()));
    described.addProperty("retry_delay", error.getRetryDelay().isPresent());
    described.addProperty("request_id", !error.getRequestId().isEmpty());
    return described;
  }
}
