const { BASE_URL, API_KEY } = process.env;
const parameters = 'issuer=MyApp&account_name=user@example.com&digits=6&period=30';
const answer = await fetch(`${BASE_URL}/v1/auth/totp-generate?${parameters}`, {
  headers: { Authorization: `Bearer ${API_KEY}` },
});
process.stdout.write(JSON.stringify(await answer.json()));
