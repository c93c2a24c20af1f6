import com.google.gson.{JsonArray, JsonObject, JsonParser}
import com.google.protobuf.Message
import com.google.protobuf.util.JsonFormat
import dev.otpd.scaladsl.OtpClient
import dev.otpd.v1.WatchTokenRequest
import java.lang.reflect.InvocationTargetException
import java.util.concurrent.TimeUnit.MILLISECONDS
import scala.concurrent.duration._
import scala.concurrent.{Await, Future}
import scala.util.Using

/** One call of a client, which is found by its name. */
object Call {

  /** The response in the JSON form of protobuf. */
  def apply(client: AutoCloseable, step: JsonObject, request: String): JsonObject = {
    val rpc = step.get("rpc").getAsString.stripPrefix("admin.")
    val name = s"${rpc.head.toLower}${rpc.tail}"
    (client, name) match {
      case (otp: OtpClient, "watchToken") => watch(otp, step, request)
      case _ => json(Await.result(unary(client, name, request, deadlineOf(step, "deadline_ms")), 2.minutes))
    }
  }

  /** The longest that Scala can write, for a longer one. */
  def deadlineOf(step: JsonObject, name: String): Option[FiniteDuration] =
    Option(step.get(name)).map(value => FiniteDuration(value.getAsLong.min(Long.MaxValue.nanoseconds.toMillis), MILLISECONDS))

  private def unary(client: AutoCloseable, name: String, request: String, deadline: Option[FiniteDuration]): Future[Message] = {
    val method = client.getClass.getMethods
      .find(_.getName == name)
      .getOrElse(throw new UnsupportedOperationException(s"no such call: $name"))
    val arguments = method.getParameterTypes.zipWithIndex.map { case (kind, index) =>
      // Scala has the default of a parameter in a method beside its own.
      if (kind == classOf[FiniteDuration]) deadline.getOrElse(client.getClass.getMethod(s"$name$$default$$${index + 1}").invoke(client))
      else read(request, kind.getMethod("newBuilder").invoke(null).asInstanceOf[Message.Builder]).build()
    }
    try method.invoke(client, arguments: _*).asInstanceOf[Future[Message]]
    catch { case error: InvocationTargetException => throw error.getCause }
  }

  private def watch(client: OtpClient, step: JsonObject, request: String): JsonObject = {
    val watch = read(request, WatchTokenRequest.newBuilder()).build()
    val codes = deadlineOf(step, "deadline_ms").fold(client.watchToken(watch))(client.watchToken(watch, _))
    val messages = new JsonArray
    Using.resource(codes)(_.take(step.get("take").getAsInt).foreach(code => messages.add(json(code))))
    val response = new JsonObject
    response.add("messages", messages)
    response
  }

  private def read[B <: Message.Builder](text: String, builder: B): B = {
    JsonFormat.parser().merge(text, builder)
    builder
  }

  private def json(message: Message): JsonObject = JsonParser.parseString(JsonFormat.printer().print(message)).getAsJsonObject
}
