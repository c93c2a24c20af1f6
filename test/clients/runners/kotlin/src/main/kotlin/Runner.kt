import com.google.gson.Gson
import com.google.gson.JsonElement
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import dev.otpd.OtpException
import dev.otpd.kotlin.AdminClient
import dev.otpd.kotlin.ClientCertificate
import dev.otpd.kotlin.OtpClient
import dev.otpd.kotlin.retryDelayOrNull
import java.nio.file.Path
import kotlin.io.path.readText
import kotlin.time.Duration

/** Runs the cases of a configuration with the Kotlin client, and prints one line of JSON for each step. */
suspend fun main(args: Array<String>) {
    Runner(JsonParser.parseString(Path.of(args[0]).readText()).asJsonObject).run()
}

private class Runner(private val config: JsonObject) {
    private val clients = mutableMapOf<String, AutoCloseable>()

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
            val headers = mutableMapOf<String, String>()
            val client = client(step).let { if (step.has("headers")) (it as OtpClient).onHeaders(headers::putAll) else it }
            var response = JsonObject()
            repeat(step["repeat"]?.asInt ?: 1) { response = client.call(step, request) }
            step["save"]?.asJsonObject?.entrySet()?.forEach { (name, path) -> saved[name] = response.at(path.asString) }
            addProperty("code", "OK")
            add("response", response)
            step["headers"]?.asJsonArray?.map { it.asString }?.let { add("headers", Gson().toJsonTree(headers.filterKeys(it::contains))) }
        } catch (error: OtpException) {
            addProperty("code", error.code.name)
            add("error", describe(error))
            if (step.has("text")) addProperty("text", error.toString())
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

    /** The client of the step: an [OtpClient], or an [AdminClient] for its calls. */
    private fun client(step: JsonObject): AutoCloseable {
        val server = step["server"]?.asString ?: "plain"
        val key = step["key"]?.asString ?: "full"
        val deadline = step.deadline("client_deadline_ms")
        val admin = step["rpc"].asString.startsWith("admin.")
        val connected = { connect(config["servers"].asJsonObject[server].asJsonObject, config["keys"].asJsonObject[key].asString, deadline, admin) }
        return if (step.has("closed")) connected().apply { close() } else clients.getOrPut("$server $key $deadline $admin", connected)
    }
}

private val VARIABLE = Regex("""\$\{(\w+)\}""")

private fun connect(server: JsonObject, apiKey: String, deadline: Duration?, admin: Boolean): AutoCloseable {
    fun file(name: String): Path? = server[name]?.let { Path.of(it.asString) }
    val address = server["address"].asString
    val certificate = file("cert")?.let { ClientCertificate(it, checkNotNull(file("key"))) }
    val plaintext = server.has("plaintext") || !server.has("ca")
    return when {
        admin -> AdminClient(address, apiKey, file("ca"), certificate, plaintext)
        deadline == null -> OtpClient(address, apiKey, file("ca"), certificate, plaintext)
        else -> OtpClient(address, apiKey, file("ca"), certificate, plaintext, deadline)
    }
}

private fun JsonObject.at(path: String): String =
    path.split(".").fold(this as JsonElement) { value, part -> if (value.isJsonArray) value.asJsonArray[part.toInt()] else value.asJsonObject[part] }.asString

private fun describe(error: OtpException): JsonObject = JsonObject().apply {
    addProperty("reason", error.reasonName)
    add("violations", Gson().toJsonTree(error.fieldViolations.map { it.field }.sorted()))
    addProperty("retry_delay", error.retryDelayOrNull != null)
    addProperty("request_id", error.requestId.isNotEmpty())
}
