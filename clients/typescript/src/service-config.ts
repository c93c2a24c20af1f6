/** The service config of all client languages: a copy of gen/service_config.json. */
export default {
  "loadBalancingConfig": [{ "round_robin": {} }],
  "methodConfig": [
    {
      "name": [
        { "service": "otp.v1.OtpService", "method": "Generate" },
        { "service": "otp.v1.OtpService", "method": "Token" },
        { "service": "otp.v1.OtpService", "method": "Verify" },
        { "service": "otp.v1.OtpService", "method": "BatchToken" },
        { "service": "otp.v1.OtpService", "method": "BatchVerify" },
        { "service": "otp.v1.OtpService", "method": "ResyncHotp" },
        { "service": "otp.v1.OtpService", "method": "GenerateRecoveryCodes" },
        { "service": "otp.v1.OtpService", "method": "VerifyRecoveryCode" },
        { "service": "otp.v1.OtpService", "method": "RevokeRecoveryCodes" },
        { "service": "otp.v1.OtpService", "method": "Seal" },
        { "service": "otp.v1.OtpService", "method": "Rewrap" },
        { "service": "otp.v1.OtpService", "method": "ImportKeys" },
        { "service": "otp.v1.OtpService", "method": "ExportKeys" },
        { "service": "otp.v1.OtpService", "method": "GetUsage" },
        { "service": "otp.admin.v1.AdminService", "method": "GetApiKey" },
        { "service": "otp.admin.v1.AdminService", "method": "ListApiKeys" },
        { "service": "otp.admin.v1.AdminService", "method": "RevokeApiKey" },
        { "service": "otp.admin.v1.AdminService", "method": "GetApiKeyUsage" },
        { "service": "otp.admin.v1.AdminService", "method": "ListPlans" },
        { "service": "otp.admin.v1.AdminService", "method": "ListSealingKeys" },
        { "service": "otp.admin.v1.AdminService", "method": "GetServerStatus" },
        { "service": "otp.admin.v1.AdminService", "method": "GetAttempts" },
        { "service": "otp.admin.v1.AdminService", "method": "UnlockAttempts" }
      ],
      "retryPolicy": {
        "maxAttempts": 4,
        "initialBackoff": "0.1s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"]
      }
    }
  ]
} as const;
