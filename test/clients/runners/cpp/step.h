/// One step of a case.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "otpd/client.h"

/// What earlier steps of a case have saved.
using Saved = std::map<std::string, std::string>;

/// Calls as often as the step says, and describes the last result, in which a failed call is nothing special; saves what the step
/// wants.
nlohmann::json perform(const otpd::Client& client, const nlohmann::json& step, Saved& saved);
