curl -sS -X POST "$BASE_URL/v1/totpgenerator" \
  -H "X-API-Key: $API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{"secret": "JBSWY3DPEHPK3PXP", "digits": 6, "period": 30}'
