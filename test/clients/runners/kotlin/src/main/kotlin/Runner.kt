import com.google.gson.Gson
import com.google.gson.JsonArray
import com.google.gson.JsonElement
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.google.protobuf.Message
import com.google.protobuf.util.JsonFormat
import dev.otpd.OtpException
import dev.otpd.kotlin.ClientCertificate
import dev.otpd.kotlin.OtpClient
import dev.otpd.kotlin.retryDelayOrNull
import dev.otpd.v1.GenerateRequest
import dev.otpd.v1.TokenRequest
import dev.otpd.v1.VerifyRequest
import dev.otpd.v1.WatchTokenRequest
import java.nio.file.Path
import kotlin.io.path.readText
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.flow.take

/** Runs the cases of a configuration with the Kotlin client, and prints one line of JSON for each step. */
suspend fun main(args: Array<String>) {
    Runner(JsonParser.parseString(Path.of(args[0]).readText()).asJsonObject).run()
}

private class Runner(private val config: JsonObject) {
    private val clients = mutableMapOf<Triple<String, String, Duration?>, OtpClient>()

    suspend fun run() {
        for (case in config["cases"].asJsonArray.map { it.asJsonObject }) {
            val saved = mutableMapOf<String, String>()
            case["steps"].asJsonArray.forEachIndexed { index, step ->
                val line = JsonObject()
                line.add("case", case["name"])
                line.addProperty("step", index)
                line.addOutcome(step.asJsonObject, saved)
                println(Gson().toJson(line))
            }
        }
    }

    private suspend fun JsonObject.addOutcome(step: JsonObject, saved: MutableMap<String, String>) {
        val request = VARIABLE.replace(step["request"].toString()) { saved.getValue(it.groupValues[1]) }
        try {
            val client = client(step["server"]?.asString ?: "plain", step["key"]?.asString ?: "full", step.deadline("client_deadline_ms"))
            var response = JsonObject()
            repeat(step["repeat"]?.asInt ?: 1) { response = client.call(step, request) }
            step["save"]?.asJsonObject?.entrySet()?.forEach { (name, path) -> saved[name] = response.at(path.asString) }
            addProperty("code", "OK")
            add("response", response)
        } catch (error: OtpException) {
            addProperty("code", error.code.name)
            add("error", describe(error))
        } catch (error: IllegalArgumentException) {
            addRefusal(error)
        } catch (error: IllegalStateException) {
            addRefusal(error)
        }
    }

    private fun JsonObject.addRefusal(error: Exception) {
        addProperty("code", "REFUSED")
        addProperty("message", error.message)
    }

    private fun client(server: String, key: String, deadline: Duration?): OtpClient = clients.getOrPut(Triple(server, key, deadline)) {
        connect(config["servers"].asJsonObject[server].asJsonObject, config["keys"].asJsonObject[key].asString, deadline)
    }
}

private val VARIABLE = Regex("""\$\{(\w+)\}""")

private fun connect(server: JsonObject, apiKey: String, deadline: Duration?): OtpClient {
    fun file(name: String): Path? = server[name]?.let { Path.of(it.asString) }
    val address = server["address"].asString
    val certificate = file("cert")?.let { ClientCertificate(it, checkNotNull(file("key"))) }
    val plaintext = server.has("plaintext") || !server.has("ca")
    return if (deadline == null) OtpClient(address, apiKey, file("ca"), certificate, plaintext)
    else OtpClient(address, apiKey, file("ca"), certificate, plaintext, deadline)
}

/** A double, since it may be `Infinity`. */
private fun JsonObject.deadline(name: String): Duration? = this[name]?.asDouble?.milliseconds

private suspend fun OtpClient.call(step: JsonObject, request: String): JsonObject {
    val deadline = step.deadline("deadline_ms")
    return when (val rpc = step["rpc"].asString) {
        "Generate" -> {
            val generate = read(request, GenerateRequest.newBuilder()).build()
            json(if (deadline == null) generate(generate) else generate(generate, deadline))
        }
        "Token" -> {
            val token = read(request, TokenRequest.newBuilder()).build()
            json(if (deadline == null) token(token) else token(token, deadline))
        }
        "Verify" -> {
            val verify = read(request, VerifyRequest.newBuilder()).build()
            json(if (deadline == null) verify(verify) else verify(verify, deadline))
        }
        "WatchToken" -> {
            val watch = read(request, WatchTokenRequest.newBuilder()).build()
            val codes = if (deadline == null) watchToken(watch) else watchToken(watch, deadline)
            val messages = JsonArray()
            codes.take(step["take"].asInt).collect { messages.add(json(it)) }
            JsonObject().apply { add("messages", messages) }
        }
        else -> error("no such RPC: $rpc")
    }
}

private fun <B : Message.Builder> read(json: String, builder: B): B = builder.also { JsonFormat.parser().merge(json, it) }

private fun json(message: Message): JsonObject = JsonParser.parseString(JsonFormat.printer().print(message)).asJsonObject

private fun JsonObject.at(path: String): String =
    path.split(".").fold(this as JsonElement) { value, part -> value.asJsonObject[part] }.asString

private fun describe(error: OtpException): JsonObject = JsonObject().apply {
    addProperty("reason", error.reason)
    add("violations", Gson().toJsonTree(error.fieldViolations.map { it.field }.sorted()))
    addProperty("retry_delay", error.retryDelayOrNull != null)
    addProperty("request_id", error.requestId.isNotEmpty())
}
