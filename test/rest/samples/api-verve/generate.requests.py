import json
import os

import requests

answer = requests.post(
    os.environ["BASE_URL"] + "/v1/totpgenerator",
    headers={"X-API-Key": os.environ["API_KEY"]},
    json={"secret": "JBSWY3DPEHPK3PXP", "digits": 6, "period": 30},
)
print(json.dumps(answer.json()))
