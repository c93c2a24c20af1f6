import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.otpd.OtpClient;
import dev.otpd.OtpException;
import dev.otpd.v1.VerifyRequest;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Callers at once: each makes its requests in turn, and each of them again until it has an answer. */
final class Crowd {
  private Crowd() {}

  static void callTogether(OtpClient client, JsonArray crowd) throws InterruptedException, ExecutionException {
    var threads = Executors.newFixedThreadPool(Math.max(1, crowd.size()));
    try {
      List<Callable<Void>> callers = new ArrayList<>();
      for (int place = 0; place < crowd.size(); place++) {
        int caller = place;
        callers.add(() -> callInTurn(client, caller, crowd.get(caller).getAsJsonArray()));
      }
      for (Future<Void> each : threads.invokeAll(callers)) {
        each.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private static Void callInTurn(OtpClient client, int caller, JsonArray requests) throws InvalidProtocolBufferException {
    for (int index = 0; index < requests.size(); index++) {
      VerifyRequest.Builder request = VerifyRequest.newBuilder();
      JsonFormat.parser().merge(requests.get(index).toString(), request);
      Status.Code code;
      do {
        JsonObject line = new JsonObject();
        line.addProperty("caller", caller);
        line.addProperty("request", index);
        code = call(client, request.build(), line);
        line.addProperty("code", code.name());
        System.out.println(new Gson().toJson(line));
      } while (code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED);
    }
    return null;
  }

  private static Status.Code call(OtpClient client, VerifyRequest request, JsonObject line) {
    try {
      line.addProperty("status", client.verify(request).getStatus().name());
      return Status.Code.OK;
    } catch (OtpException error) {
      line.addProperty("reason", error.getReasonName());
      return error.getCode();
    }
  }
}
