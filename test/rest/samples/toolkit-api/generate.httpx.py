import os

import httpx

answer = httpx.get(
    os.environ["BASE_URL"] + "/v1/auth/totp-generate?issuer=MyApp&account_name=user@example.com&digits=6&period=30",
    headers={"Authorization": "Bearer " + os.environ["API_KEY"]},
)
print(answer.text)
