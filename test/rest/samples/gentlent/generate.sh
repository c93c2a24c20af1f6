curl -sS -X POST "$BASE_URL/tools/v1/otp" \
  -H "x-api-key: $API_KEY" \
  -H 'content-type: application/json' \
  -d '{"type": "time_based", "action": "generate"}'
