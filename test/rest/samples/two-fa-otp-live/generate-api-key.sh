curl -sS "$BASE_URL/api/2fa/generate?api_key=$API_KEY&secret=JBSWY3DPEHPK3PXP"
