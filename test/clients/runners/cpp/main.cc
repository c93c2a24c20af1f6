// Runs the cases of the scenario with the C++ client, and prints a line of JSON for each step: see test/clients/README.md.
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

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

otpd::Client connect(const json& server, const json& key) {
  otpd::Options options;
  options.plaintext = !server.contains("ca");
  if (server.contains("ca")) options.root_certificates = contents(server["ca"]);
  if (server.contains("cert")) options.client_certificate = contents(server["cert"]);
  if (server.contains("key")) options.client_key = contents(server["key"]);
  return otpd::Client::connect(server.at("address"), key.is_null() ? "" : key.get<std::string>(), options);
}

void run(const json& config) {
  std::map<std::pair<std::string, std::string>, otpd::Client> clients;
  for (const json& scene : config.at("cases")) {
    Saved saved;
    std::size_t index = 0;
    for (const json& step : scene.at("steps")) {
      const std::pair pair(step.value("server", "plain"), step.value("key", "full"));
      auto known = clients.find(pair);
      if (known == clients.end()) {
        const otpd::Client made = connect(config.at("servers").at(pair.first), config.at("keys").at(pair.second));
        known = clients.emplace(pair, made).first;
      }
      json line = perform(known->second, step, saved);
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
