#include "step.h"

#include <algorithm>
#include <chrono>
#include <vector>

using nlohmann::json;

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

json described(const otpd::Error& error) {
  std::vector<std::string> violations;
  for (const auto& violation : error.field_violations()) violations.push_back(violation.field);
  std::sort(violations.begin(), violations.end());
  return {{"reason", error.reason_name()},
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

otpd::Deadline deadline_of(const json& milliseconds) {
  if (milliseconds.is_null()) return {};
  const double number = milliseconds.is_string() ? std::stod(milliseconds.get<std::string>()) : milliseconds.get<double>();
  return std::chrono::duration<double, std::milli>(number);
}

json perform(const Clients& clients, const json& step, Saved& saved) {
  const std::string rpc = step.at("rpc");
  const json request = filled_in(step.at("request"), saved);
  const otpd::Deadline deadline = deadline_of(step.value("deadline_ms", json()));
  json line;
  for (int left = step.value("repeat", 1); left > 0; --left) {
    try {
      otpd::Headers headers;
      const json response = rpc == "WatchToken"
                                ? watch(clients.otp, request, deadline, step.value("take", std::size_t{0}), headers)
                                : call(clients, rpc, request, deadline, headers);
      line = {{"code", "OK"}, {"response", response}};
      for (const std::string name : step.value("headers", json::array())) line["headers"][name] = headers[name];
    } catch (const otpd::Error& error) {
      line = {{"code", error.code_name()}, {"error", described(error)}};
      if (step.value("text", false)) line["text"] = error.what();
    }
  }
  if (!line.contains("response")) return line;
  const json wanted = step.value("save", json::object());
  for (const auto& [name, path] : wanted.items()) saved[name] = value_at(line["response"], path);
  return line;
}
