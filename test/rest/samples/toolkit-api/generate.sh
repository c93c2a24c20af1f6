curl -sS "$BASE_URL/v1/auth/totp-generate?issuer=MyApp&account_name=user@example.com&digits=6&period=30" \
  -H "Authorization: Bearer $API_KEY"
