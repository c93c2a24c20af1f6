#include "calls.h"

#include <google/protobuf/util/json_util.h>

#include <functional>
#include <map>
#include <stdexcept>

using nlohmann::json;
using otpd::AdminClient;
using otpd::Client;
using otpd::Deadline;
using otpd::Headers;

namespace {

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

using Answer = std::function<json(const Clients&, const json& request, Deadline, Headers&)>;
std::map<std::string, Answer> answers;

/// Adds a call under the name that its messages have.
template <class Service, class Request, class Response>
void add(const Service Clients::*client, Response (Service::*method)(const Request&, Deadline, Headers*) const) {
  std::string name = Request::descriptor()->name();
  name.erase(name.rfind("Request"));
  if (std::is_same_v<Service, AdminClient>) name = "admin." + name;
  answers[name] = [=](const Clients& clients, const json& request, Deadline deadline, Headers& headers) {
    return to_json((clients.*client.*method)(request_from<Request>(request), deadline, &headers));
  };
}

template <class Service, class... Methods>
void add_all(const Service Clients::*client, Methods... methods) {
  (add(client, methods), ...);
}

}  // namespace

json call(const Clients& clients, const std::string& rpc, const json& request, Deadline deadline, Headers& headers) {
  if (answers.empty()) {
    add_all<Client>(&Clients::otp, &Client::generate, &Client::token, &Client::verify, &Client::batch_token,
                    &Client::batch_verify, &Client::resync_hotp, &Client::generate_recovery_codes, &Client::verify_recovery_code,
                    &Client::revoke_recovery_codes, &Client::seal, &Client::rewrap, &Client::import_keys, &Client::export_keys,
                    &Client::get_usage);
    add_all<AdminClient>(&Clients::admin, &AdminClient::create_api_key, &AdminClient::get_api_key, &AdminClient::list_api_keys,
                         &AdminClient::rotate_api_key, &AdminClient::revoke_api_key, &AdminClient::get_api_key_usage,
                         &AdminClient::list_plans, &AdminClient::list_sealing_keys, &AdminClient::get_server_status,
                         &AdminClient::get_attempts, &AdminClient::unlock_attempts);
  }
  const auto answer = answers.find(rpc);
  if (answer == answers.end()) throw std::runtime_error("no RPC is called " + rpc);
  return answer->second(clients, request, deadline, headers);
}

json watch(const Client& client, const json& request, Deadline deadline, std::size_t take, Headers& headers) {
  json messages = json::array();
  otpd::TokenStream codes = client.watch_token(request_from<otpd::v1::WatchTokenRequest>(request), deadline);
  for (const auto& response : codes) {
    headers = codes.headers();
    messages.push_back(to_json(response));
    if (messages.size() == take) break;
  }
  return {{"messages", messages}};
}
