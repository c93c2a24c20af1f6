// Runs the cases of the scenario with the C++ client, and prints a line of JSON for each step: see test/clients/README.md.
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "otpd/client.h"
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

using Known = std::map<std::string, otpd::Client>;

otpd::Client connect(const json& server, const json& key, const json& deadline) {
  otpd::Options options;
  options.plaintext = server.value("plaintext", !server.contains("ca"));
  if (server.contains("ca")) options.root_certificates = contents(server["ca"]);
  if (server.contains("cert")) options.client_certificate = contents(server["cert"]);
  if (server.contains("key")) options.client_key = contents(server["key"]);
  if (!deadline.is_null()) options.deadline = std::chrono::milliseconds(deadline.get<std::int64_t>());
  return otpd::Client::connect(server.at("address"), key, options);
}

/// The client of a step, which is made once for all that want the same.
const otpd::Client& client_for(const json& step, const json& config, Known& clients) {
  const std::string server = step.value("server", "plain");
  const std::string key = step.value("key", "full");
  const json deadline = step.value("client_deadline_ms", json());
  const std::string name = json{server, key, deadline}.dump();
  if (const auto known = clients.find(name); known != clients.end()) return known->second;
  return clients.emplace(name, connect(config.at("servers").at(server), config.at("keys").at(key), deadline)).first->second;
}

json outcome(const json& step, const json& config, Known& clients, Saved& saved) {
  try {
    return perform(client_for(step, config, clients), step, saved);
  } catch (const std::invalid_argument& refusal) {
    return {{"code", "REFUSED"}, {"message", refusal.what()}};
  }
}

void run(const json& config) {
  Known clients;
  for (const json& scene : config.at("cases")) {
    Saved saved;
    std::size_t index = 0;
    for (const json& step : scene.at("steps")) {
      json line = outcome(step, config, clients, saved);
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
