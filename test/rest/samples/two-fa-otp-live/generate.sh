curl -sS -X POST "$BASE_URL/api/2fa/generate" \
  -H "X-API-Key: $API_KEY" \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -d 'secret=JBSWY3DPEHPK3PXP'
