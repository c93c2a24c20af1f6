import com.google.gson.{Gson, JsonArray, JsonElement, JsonObject, JsonParser}
import dev.otpd.OtpException
import dev.otpd.scaladsl._
import java.nio.file.{Files, Path}
import scala.collection.mutable
import scala.concurrent.duration._
import scala.jdk.CollectionConverters._
import scala.util.matching.Regex

/** Runs the cases of a configuration with the Scala client, and prints one line of JSON for each step. */
object Runner {
  def main(args: Array[String]): Unit =
    new Runner(JsonParser.parseString(Files.readString(Path.of(args(0)))).getAsJsonObject).run()
}

private final class Runner(config: JsonObject) {
  private val clients = mutable.Map.empty[String, AutoCloseable]
  private val variable = """\$\{(\w+)\}""".r

  def run(): Unit =
    for (each <- config.getAsJsonArray("cases").asScala.map(_.getAsJsonObject)) {
      val saved = mutable.Map.empty[String, String]
      for ((step, index) <- each.getAsJsonArray("steps").asScala.map(_.getAsJsonObject).zipWithIndex) {
        val line = new JsonObject
        line.add("case", each.get("name"))
        line.addProperty("step", index)
        outcome(step, saved).entrySet().forEach(entry => line.add(entry.getKey, entry.getValue))
        println(new Gson().toJson(line))
      }
    }

  private def outcome(step: JsonObject, saved: mutable.Map[String, String]): JsonObject = {
    val result = new JsonObject
    val request = variable.replaceAllIn(step.get("request").toString, found => Regex.quoteReplacement(saved(found.group(1))))
    try {
      val headers = mutable.Map.empty[String, String]
      val client = clientOf(step) match {
        case otp: OtpClient if step.has("headers") => otp.onHeaders(all => headers.synchronized(headers ++= all))
        case plain                                 => plain
      }
      val times = Option(step.get("repeat")).fold(1)(_.getAsInt)
      val response = Seq.fill(times)(Call(client, step, request)).last
      if (step.has("save"))
        step.getAsJsonObject("save").entrySet().forEach(entry => saved(entry.getKey) = at(response, entry.getValue.getAsString))
      result.addProperty("code", "OK")
      result.add("response", response)
      if (step.has("headers")) {
        val asked = step.getAsJsonArray("headers").asScala.map(_.getAsString).toSet
        result.add("headers", new Gson().toJsonTree(headers.synchronized(headers.filter(header => asked(header._1)).toMap).asJava))
      }
    } catch {
      case error: OtpException =>
        result.addProperty("code", error.getCode.name)
        result.add("error", describe(error))
        if (step.has("text")) result.addProperty("text", error.toString)
      case error @ (_: IllegalArgumentException | _: IllegalStateException) =>
        result.addProperty("code", "REFUSED")
        result.addProperty("message", error.getMessage)
    }
    result
  }

  /** The client of the step: an [[OtpClient]], or an [[AdminClient]] for its calls. */
  private def clientOf(step: JsonObject): AutoCloseable = {
    val server = Option(step.get("server")).fold("plain")(_.getAsString)
    val key = Option(step.get("key")).fold("full")(_.getAsString)
    val deadline = Call.deadlineOf(step, "client_deadline_ms")
    val admin = step.get("rpc").getAsString.startsWith("admin.")
    def connected: AutoCloseable =
      connect(config.getAsJsonObject("servers").getAsJsonObject(server), config.getAsJsonObject("keys").get(key).getAsString, deadline, admin)
    if (step.has("closed")) {
      val closed = connected
      closed.close()
      closed
    } else clients.getOrElseUpdate(s"$server $key $deadline $admin", connected)
  }

  private def connect(server: JsonObject, apiKey: String, deadline: Option[FiniteDuration], admin: Boolean): AutoCloseable = {
    def file(name: String): Option[Path] = Option(server.get(name)).map(value => Path.of(value.getAsString))
    val address = server.get("address").getAsString
    val certificate = for (chain <- file("cert"); key <- file("key")) yield ClientCertificate(chain, key)
    val plaintext = server.has("plaintext") || !server.has("ca")
    deadline match {
      case _ if admin  => AdminClient(address, apiKey, file("ca"), certificate, plaintext)
      case None        => OtpClient(address, apiKey, file("ca"), certificate, plaintext)
      case Some(own) => OtpClient(address, apiKey, file("ca"), certificate, plaintext, own)
    }
  }

  private def at(value: JsonElement, path: String): String =
    path.split('.').foldLeft(value) { (inner, part) =>
      if (inner.isJsonArray) inner.getAsJsonArray.get(part.toInt) else inner.getAsJsonObject.get(part)
    }.getAsString

  private def describe(error: OtpException): JsonObject = {
    val described = new JsonObject
    val violations = new JsonArray
    error.fieldViolations.map(_.field()).sorted.foreach(violations.add(_: String))
    described.addProperty("reason", error.getReasonName)
    described.add("violations", violations)
    described.addProperty("retry_delay", error.retryDelay.isDefined)
    described.addProperty("request_id", error.getRequestId.nonEmpty)
    described
  }
}
