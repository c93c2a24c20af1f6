#include "step.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

using nlohmann::json;
using Deadline = std::optional<std::chrono::milliseconds>;

namespace {

/// The value with `${name}` in any of its strings replaced by what was saved.
json filled_in(json value, const Saved& saved) {
  if (value.is_structured()) {
    for (json& inner : value) inner = filled_in(std::move(inner), saved);
  } else if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    for (const auto& [name, replacement] : saved) {
      const std::string place = "${" + name + "}";
      for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at + replacement.size())) {
        text.replace(at, place.size(), replacement);
      }
    }
  }
  return value;
}

template <class Request>
Request request_from(const json& value) {
  Request request;
  const auto status = google::protobuf::util::JsonStringToMessage(value.dump(), &request);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return request;
}

json to_json(const google::protobuf::Message& message) {
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return json::parse(text);
}

/// As many messages as are wanted, or all if none is named.
json watch(const otpd::Client& client, const json& request, Deadline deadline, std::size_t take) {
  json messages = json::array();
  for (const auto& response : client.watch_token(request_from<otpd::v1::WatchTokenRequest>(request), deadline)) {
    messages.push_back(to_json(response));
    if (messages.size() == take) break;
  }
  return {{"messages", messages}};
}

json call(const otpd::Client& client, const json& step, const json& request) {
  const std::string rpc = step.at("rpc");
  const Deadline deadline = step.contains("deadline_ms") ? Deadline(step["deadline_ms"].get<std::int64_t>()) : std::nullopt;
  if (rpc == "Generate") return to_json(client.generate(request_from<otpd::v1::GenerateRequest>(request), deadline));
  if (rpc == "Token") return to_json(client.token(request_from<otpd::v1::TokenRequest>(request), deadline));
  if (rpc == "Verify") return to_json(client.verify(request_from<otpd::v1::VerifyRequest>(request), deadline));
  if (rpc == "WatchToken") return watch(client, request, deadline, step.value("take", std::size_t{0}));
  throw std::runtime_error("no RPC is called " + rpc);
}

json described(const otpd::Error& error) {
  std::vector<std::string> violations;
  for (const auto& violation : error.field_violations()) violations.push_back(violation.field);
  std::sort(violations.begin(), violations.end());
  return {{"reason", error.reason()},
          {"violations", violations},
          {"retry_delay", error.retry_delay().has_value()},
          {"request_id", !error.request_id().empty()}};
}

/// The value at a path such as `token.code`.
std::string value_at(const json& response, std::string path) {
  std::replace(path.begin(), path.end(), '.', '/');
  const json& value = response.at(json::json_pointer("/" + path));
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

json perform(const otpd::Client& client, const json& step, Saved& saved) {
  const json request = filled_in(step.at("request"), saved);
  json line;
  for (int left = step.value("repeat", 1); left > 0; --left) {
    try {
      line = {{"code", "OK"}, {"response", call(client, step, request)}};
    } catch (const otpd::Error& error) {
      line = {{"code", error.code_name()}, {"error", described(error)}};
    }
  }
  if (!line.contains("response")) return line;
  const json wanted = step.value("save", json::object());
  for (const auto& [name, path] : wanted.items()) saved[name] = value_at(line["response"], path);
  return line;
}
