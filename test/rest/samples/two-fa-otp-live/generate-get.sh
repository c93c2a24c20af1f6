curl -sS -H "X-API-Key: $API_KEY" "$BASE_URL/api/2fa/generate?secret=JBSWY3DPEHPK3PXP"
