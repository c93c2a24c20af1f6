// Runs the cases of the scenario with the C++ client, and prints a line of JSON for each step: see test/clients/README.md.
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "step.h"

using nlohmann::json;

namespace {

std::ifstream opened(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.exceptions(std::ios::badbit | std::ios::failbit);
  return file;
}

std::string contents(const std::string& path) {
  std::ifstream file = opened(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

using Known = std::map<std::string, Clients>;

Clients connect(const json& server, const json& key, const json& deadline) {
  otpd::Options options;
  options.plaintext = server.value("plaintext", !server.contains("ca"));
  if (server.contains("ca")) options.root_certificates = contents(server["ca"]);
  if (server.contains("cert")) options.client_certificate = contents(server["cert"]);
  if (server.contains("key")) options.client_key = contents(server["key"]);
  options.deadline = deadline_of(deadline);
  return {otpd::Client::connect(server.at("address"), key, options),
          otpd::AdminClient::connect(server.at("address"), key, options)};
}

/// The clients of a step, made once for all steps that want the same; a closed client serves its own step alone.
Clients clients_for(const json& step, const json& config, Known& known) {
  const std::string server = step.value("server", "plain");
  const std::string key = step.value("key", "full");
  const json deadline = step.value("client_deadline_ms", json());
  const std::string name = json{server, key, deadline}.dump();
  if (const auto made = known.find(name); made != known.end() && !step.value("closed", false)) return made->second;
  Clients made = connect(config.at("servers").at(server), config.at("keys").at(key), deadline);
  if (!step.value("closed", false)) return known.emplace(name, made).first->second;
  made.otp.close();
  made.admin.close();
  return made;
}

json outcome(const json& step, const json& config, Known& known, Saved& saved) {
  try {
    return perform(clients_for(step, config, known), step, saved);
  } catch (const std::invalid_argument& refusal) {
    return {{"code", "REFUSED"}, {"message", refusal.what()}};
  }
}

void run(const json& config) {
  Known known;
  for (const json& scene : config.at("cases")) {
    Saved saved;
    std::size_t index = 0;
    for (const json& step : scene.at("steps")) {
      json line = outcome(step, config, known, saved);
      line["case"] = scene.at("name");
      line["step"] = index++;
      std::cout << line.dump() << std::endl;
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 2) throw std::runtime_error("usage: runner config.json");
    run(json::parse(contents(arguments[1])));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
