import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.otpd.OtpClient;
import dev.otpd.v1.WatchTokenRequest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;

/** A call of a client, which is found by its name. */
final class Call {
  private Call() {}

  /** The response in the JSON form of protobuf. */
  static JsonObject of(Object client, JsonObject step, String request) throws InvalidProtocolBufferException {
    String rpc = step.get("rpc").getAsString();
    String capital = rpc.substring(rpc.indexOf('.') + 1);
    String name = Character.toLowerCase(capital.charAt(0)) + capital.substring(1);
    Duration deadline = deadline(step, "deadline_ms");
    return name.equals("watchToken") ? watch((OtpClient) client, step, request, deadline) : json(unary(client, name, request, deadline));
  }

  static Duration deadline(JsonObject step, String name) {
    return step.has(name) ? Duration.ofMillis(step.get(name).getAsLong()) : null;
  }

  private static Message unary(Object client, String name, String request, Duration deadline) throws InvalidProtocolBufferException {
    Method method = Arrays.stream(client.getClass().getMethods())
        .filter(each -> each.getName().equals(name) && takesDeadline(each) == (deadline != null))
        .findFirst()
        .orElseThrow(() -> new UnsupportedOperationException("no such call: " + name));
    Class<?>[] types = method.getParameterTypes();
    Object[] arguments = new Object[types.length];
    if (deadline != null) {
      arguments[types.length - 1] = deadline;
    }
    try {
      if (types.length > 0 && arguments[0] == null) {
        Message.Builder builder = (Message.Builder) types[0].getMethod("newBuilder").invoke(null);
        JsonFormat.parser().merge(request, builder);
        arguments[0] = builder.build();
      }
      return (Message) method.invoke(client, arguments);
    } catch (InvocationTargetException error) {
      throw error.getCause() instanceof RuntimeException failure ? failure : new UnsupportedOperationException(error.getCause());
    } catch (ReflectiveOperationException error) {
      throw new UnsupportedOperationException(error);
    }
  }

  private static boolean takesDeadline(Method method) {
    return Arrays.asList(method.getParameterTypes()).contains(Duration.class);
  }

  private static JsonObject watch(OtpClient client, JsonObject step, String request, Duration deadline) throws InvalidProtocolBufferException {
    WatchTokenRequest.Builder watch = WatchTokenRequest.newBuilder();
    JsonFormat.parser().merge(request, watch);
    JsonArray messages = new JsonArray();
    try (var codes = deadline == null ? client.watchToken(watch.build()) : client.watchToken(watch.build(), deadline)) {
      for (var code : codes.limit(step.get("take").getAsInt()).toList()) {
        messages.add(json(code));
      }
    }
    JsonObject response = new JsonObject();
    response.add("messages", messages);
    return response;
  }

  private static JsonObject json(Message message) throws InvalidProtocolBufferException {
    return JsonParser.parseString(JsonFormat.printer().print(message)).getAsJsonObject();
  }
}
