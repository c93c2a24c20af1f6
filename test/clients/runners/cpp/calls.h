/// The calls of both clients by the names of their RPCs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "otpd/admin_client.h"
#include "otpd/client.h"

/// Both clients, which answer one kind of call each.
struct Clients {
  otpd::Client otp;
  otpd::AdminClient admin;
};

/// Calls `Token`, or `admin.ListPlans`, with the request in the JSON form of protobuf, and gives the response so.
nlohmann::json call(const Clients& clients, const std::string& rpc, const nlohmann::json& request, otpd::Deadline deadline,
                    otpd::Headers& headers);

/// As many messages as are wanted, or all if none is named.
nlohmann::json watch(const otpd::Client& client, const nlohmann::json& request, otpd::Deadline deadline, std::size_t take,
                     otpd::Headers& headers);
