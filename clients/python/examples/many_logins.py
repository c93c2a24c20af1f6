"""Logins that come at once, checked in batches, which no login notices; then how much of the plan is left."""

import asyncio
import os

import otpd
from otpd import OtpError, v1
from otpd.aio import OtpClient


async def login(client: OtpClient, secret: str, code: str) -> str:
    try:
        answer = await client.verify(v1.VerifyRequest(key=otpd.secret(secret), code=code))
    except OtpError as error:
        return error.reason or error.code.name
    return v1.VerifyStatus.Name(answer.status)


async def main() -> None:
    address, api_key = os.environ["OTPD_ADDRESS"], os.environ["OTPD_API_KEY"]
    async with OtpClient(address, api_key, plaintext=True, batching=True) as client:
        enrol = v1.GenerateRequest(issuer="ACME", account_name="alice", qr_code=v1.QrCodeOptions(format=v1.QR_FORMAT_NONE))
        keys = await asyncio.gather(*(client.generate(enrol) for _ in range(20)))
        print(*await asyncio.gather(*(login(client, key.secret, key.token.code) for key in keys)))
        for window in (await client.get_usage()).windows:
            print(window)


asyncio.run(main())
