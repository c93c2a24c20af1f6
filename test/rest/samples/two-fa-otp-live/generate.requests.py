import json
import os

import requests

answer = requests.post(
    os.environ["BASE_URL"] + "/api/2fa/generate",
    headers={"X-API-Key": os.environ["API_KEY"]},
    data={"secret": "JBSWY3DPEHPK3PXP"},
)
print(json.dumps(answer.json()))
