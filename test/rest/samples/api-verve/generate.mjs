const { BASE_URL, API_KEY } = process.env;
const answer = await fetch(`${BASE_URL}/v1/totpgenerator`, {
  method: 'POST',
  headers: { 'X-API-Key': API_KEY, 'Content-Type': 'application/json' },
  body: JSON.stringify({ secret: 'JBSWY3DPEHPK3PXP', digits: 6, period: 30 }),
});
process.stdout.write(JSON.stringify(await answer.json()));
