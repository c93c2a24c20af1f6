/// A step of a case.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "calls.h"

/// The values that earlier steps of a case have saved.
using Saved = std::map<std::string, std::string>;

/// A deadline of the scenario: none, a number of milliseconds, `NaN`, or an infinity.
otpd::Deadline deadline_of(const nlohmann::json& milliseconds);

/// Calls as often as the step says, and describes the last result, in which a failed call is nothing special; saves what the step
/// wants.
nlohmann::json perform(const Clients& clients, const nlohmann::json& step, Saved& saved);
