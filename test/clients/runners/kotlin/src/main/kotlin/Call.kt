import com.google.gson.JsonArray
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.google.protobuf.Message
import com.google.protobuf.util.JsonFormat
import dev.otpd.kotlin.OtpClient
import dev.otpd.v1.WatchTokenRequest
import java.lang.reflect.InvocationTargetException
import kotlin.reflect.full.callSuspendBy
import kotlin.reflect.full.memberFunctions
import kotlin.reflect.jvm.jvmErasure
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.flow.take

/** Makes the call of a step, which is found by its name; the response in the JSON form of protobuf. */
suspend fun AutoCloseable.call(step: JsonObject, request: String): JsonObject {
    val name = step["rpc"].asString.substringAfter("admin.").replaceFirstChar(Char::lowercase)
    val deadline = step.deadline("deadline_ms")
    return if (name == "watchToken") (this as OtpClient).watch(step, request, deadline) else json(unary(name, request, deadline))
}

/** A double, since it may be `Infinity`. */
fun JsonObject.deadline(name: String): Duration? = this[name]?.asDouble?.milliseconds

private suspend fun Any.unary(name: String, request: String, deadline: Duration?): Message {
    val function = this::class.memberFunctions.single { it.name == name }
    val arguments = function.parameters.associateWith { parameter ->
        when (parameter.name) {
            "request" -> read(request, parameter.type.jvmErasure.java.getMethod("newBuilder").invoke(null) as Message.Builder).build()
            "deadline" -> deadline
            else -> this
        }
    }.filterValues { it != null }
    try {
        return function.callSuspendBy(arguments) as Message
    } catch (error: InvocationTargetException) {
        throw error.targetException
    }
}

private suspend fun OtpClient.watch(step: JsonObject, request: String, deadline: Duration?): JsonObject {
    val watch = read(request, WatchTokenRequest.newBuilder()).build()
    val codes = if (deadline == null) watchToken(watch) else watchToken(watch, deadline)
    val messages = JsonArray()
    codes.take(step["take"].asInt).collect { messages.add(json(it)) }
    return JsonObject().apply { add("messages", messages) }
}

private fun <B : Message.Builder> read(json: String, builder: B): B = builder.also { JsonFormat.parser().merge(json, it) }

private fun json(message: Message): JsonObject = JsonParser.parseString(JsonFormat.printer().print(message)).asJsonObject
