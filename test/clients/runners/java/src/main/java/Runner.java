import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.otpd.OtpClient;
import dev.otpd.OtpException;
import dev.otpd.v1.GenerateRequest;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.VerifyRequest;
import dev.otpd.v1.WatchTokenRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs the cases of a configuration with the Java client, and prints one line of JSON for each step. */
public final class Runner {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)\\}");
  private final JsonObject config;
  private final Map<String, OtpClient> clients = new HashMap<>();

  private Runner(JsonObject config) {
    this.config = config;
  }

  public static void main(String[] args) throws IOException {
    new Runner(JsonParser.parseString(Files.readString(Path.of(args[0]))).getAsJsonObject()).run();
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
    try {
      OtpClient client = client(text(step, "server", "plain"), text(step, "key", "full"), deadline(step, "client_deadline_ms"));
      int repeat = step.has("repeat") ? step.get("repeat").getAsInt() : 1;
      for (int i = 0; i < repeat; i++) {
        response = call(client, step, request);
      }
    } catch (OtpException error) {
      result.addProperty("code", error.getCode().name());
      result.add("error", describe(error));
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
    return result;
  }

  private OtpClient client(String server, String key, Duration deadline) throws IOException {
    String name = server + " " + key + " " + deadline;
    if (!clients.containsKey(name)) {
      String apiKey = config.getAsJsonObject("keys").get(key).getAsString();
      clients.put(name, connect(config.getAsJsonObject("servers").getAsJsonObject(server), apiKey, deadline));
    }
    return clients.get(name);
  }

  private static OtpClient connect(JsonObject server, String apiKey, Duration deadline) throws IOException {
    OtpClient.Builder builder = OtpClient.builder(server.get("address").getAsString(), apiKey);
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
    return builder.connect();
  }

  private static JsonObject call(OtpClient client, JsonObject step, String request) throws InvalidProtocolBufferException {
    Duration deadline = deadline(step, "deadline_ms");
    switch (step.get("rpc").getAsString()) {
      case "Generate":
        var generate = read(request, GenerateRequest.newBuilder()).build();
        return json(deadline == null ? client.generate(generate) : client.generate(generate, deadline));
      case "Token":
        var token = read(request, TokenRequest.newBuilder()).build();
        return json(deadline == null ? client.token(token) : client.token(token, deadline));
      case "Verify":
        var verify = read(request, VerifyRequest.newBuilder()).build();
        return json(deadline == null ? client.verify(verify) : client.verify(verify, deadline));
      case "WatchToken":
        var watch = read(request, WatchTokenRequest.newBuilder()).build();
        JsonArray messages = new JsonArray();
        try (var codes = deadline == null ? client.watchToken(watch) : client.watchToken(watch, deadline)) {
          for (var code : codes.limit(step.get("take").getAsInt()).toList()) {
            messages.add(json(code));
          }
        }
        JsonObject response = new JsonObject();
        response.add("messages", messages);
        return response;
      default:
        throw new IllegalArgumentException("no such RPC: " + step.get("rpc"));
    }
  }

  private static Duration deadline(JsonObject step, String name) {
    return step.has(name) ? Duration.ofMillis(step.get(name).getAsLong()) : null;
  }

  private static <B extends Message.Builder> B read(String json, B builder) throws InvalidProtocolBufferException {
    JsonFormat.parser().merge(json, builder);
    return builder;
  }

  private static JsonObject json(Message message) throws InvalidProtocolBufferException {
    return JsonParser.parseString(JsonFormat.printer().print(message)).getAsJsonObject();
  }

  private static String text(JsonObject object, String name, String otherwise) {
    return object.has(name) ? object.get(name).getAsString() : otherwise;
  }

  private static String at(JsonElement value, String path) {
    for (String part : path.split("\\.")) {
      value = value.getAsJsonObject().get(part);
    }
    return value.getAsString();
  }

  private static JsonObject describe(OtpException error) {
    JsonObject described = new JsonObject();
    described.addProperty("reason", error.getReason());
    described.add("violations", new Gson().toJsonTree(
        error.getFieldViolations().stream().map(OtpException.FieldViolation::field).sorted().toList()));
    described.addProperty("retry_delay", error.getRetryDelay().isPresent());
    described.addProperty("request_id", !error.getRequestId().isEmpty());
    return described;
  }
}
