curl -sS -X POST "$BASE_URL/v1/graphql" \
  -H "x-api-key: $API_KEY" \
  -H 'Content-Type: application/json' \
  -d '{"query": "query { totpgenerator(input: { secret: \"JBSWY3DPEHPK3PXP\" digits: 6 period: 30 }) { token digits period timeRemaining expiresAt } }"}'
