"""Makes migration.json and the pictures beside it, with Google's own protobuf library, segno and Pillow: nothing of them is made by otpd.

    python3 -m venv venv && venv/bin/pip install protobuf==7.36.2 segno==1.6.6 pillow==13.0.0 && venv/bin/python migration.py
    npx biome check --write migration.json

The messages have the form that Google Authenticator uses, as other apps have published them.
"""

import base64
import io
import json
import pathlib
import urllib.parse

import segno
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from PIL import Image

HERE = pathlib.Path(__file__).parent
FIELD = descriptor_pb2.FieldDescriptorProto


def messages():
    file = descriptor_pb2.FileDescriptorProto(name="migration.proto", package="vectors", syntax="proto3")
    key = file.message_type.add(name="OtpParameters")
    kinds = [("secret", FIELD.TYPE_BYTES), ("name", FIELD.TYPE_STRING), ("issuer", FIELD.TYPE_STRING), ("algorithm", FIELD.TYPE_INT32)]
    kinds += [("digits", FIELD.TYPE_INT32), ("type", FIELD.TYPE_INT32), ("counter", FIELD.TYPE_INT64), ("unique_id", FIELD.TYPE_STRING)]
    for number, (name, kind) in enumerate(kinds, 1):
        key.field.add(name=name, number=number, type=kind, label=FIELD.LABEL_OPTIONAL)
    payload = file.message_type.add(name="MigrationPayload")
    payload.field.add(
        name="otp_parameters", number=1, type=FIELD.TYPE_MESSAGE, type_name=".vectors.OtpParameters", label=FIELD.LABEL_REPEATED
    )
    for number, name in enumerate(["version", "batch_size", "batch_index", "batch_id"], 2):
        payload.field.add(name=name, number=number, type=FIELD.TYPE_INT32, label=FIELD.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(f"vectors.{name}")) for name in ("OtpParameters", "MigrationPayload")]


OtpParameters, MigrationPayload = messages()

SECRET = b"12345678901234567890"
TOTP = {"secret": SECRET, "name": "alice@example.com", "issuer": "ACME", "algorithm": 1, "digits": 1, "type": 2}
HOTP = {"secret": b"Hello!\xde\xad\xbe\xef", "name": "bob", "issuer": "Bank", "algorithm": 1, "digits": 1, "type": 1, "counter": 57}


def payload(*keys, version=1, batch_size=1, batch_index=0, batch_id=-1947239128):
    return MigrationPayload(
        otp_parameters=[OtpParameters(**key) for key in keys],
        version=version,
        batch_size=batch_size,
        batch_index=batch_index,
        batch_id=batch_id,
    ).SerializeToString()


def uri(data, encode=lambda text: urllib.parse.quote(text, safe="")):
    return "otpauth-migration://offline?data=" + encode(base64.b64encode(data).decode())


def read(issuer, name, secret=SECRET, type="totp", algorithm="SHA1", digits=6, counter=None):
    key = {"issuer": issuer, "accountName": name, "secret": secret.hex(), "type": type, "algorithm": algorithm, "digits": digits}
    return key if counter is None else {**key, "counter": counter}


ALICE = read("ACME", "alice@example.com")
BOB = read("Bank", "bob", HOTP["secret"], "hotp", counter=57)
# Bytes whose base64 has both a plus sign and a slash, and needs padding.
ODD = {**TOTP, "secret": bytes(range(0xE8, 0x100)) + b"\xff\xef\xbe\xfb\xff"}
ODD_READ = read("ACME", "alice@example.com", ODD["secret"])
PART = dict(batch_size=2, batch_id=42)

cases = [
    ("a TOTP and a HOTP", uri(payload(TOTP, HOTP)), [ALICE, BOB]),
    ("8 digits, SHA256 and SHA512", uri(payload({**TOTP, "digits": 2, "algorithm": 2}, {**TOTP, "algorithm": 3})),
     [{**ALICE, "digits": 8, "algorithm": "SHA256"}, {**ALICE, "algorithm": "SHA512"}]),
    ("the name with the issuer before it", uri(payload({**TOTP, "name": "ACME:alice@example.com"})), [ALICE]),
    ("the name with the issuer before it, and no issuer", uri(payload({**TOTP, "name": "ACME:alice@example.com", "issuer": ""})), [ALICE]),
    ("a name alone", uri(payload({**TOTP, "name": "alice", "issuer": ""})), [read("", "alice")]),
    ("an issuer alone", uri(payload({**TOTP, "name": ""})), [read("ACME", "ACME")]),
    ("no name at all", uri(payload({**TOTP, "name": "", "issuer": ""})), [read("", "unnamed")]),
    ("names that no otpauth URI can have", uri(payload({**TOTP, "name": "host:8080\n", "issuer": "A:B"})), [read("A B", "host 8080")]),
    ("names of other scripts", uri(payload({**TOTP, "name": "日本🔑", "issuer": "Ünïcödé"})), [read("Ünïcödé", "日本🔑")]),
    ("a HOTP at counter 0, which is not written", uri(payload({**HOTP, "counter": 0})), [{**BOB, "counter": 0}]),
    ("a HOTP at 2^53 - 1", uri(payload({**HOTP, "counter": 2**53 - 1})), [{**BOB, "counter": 2**53 - 1}]),
    ("the counter of a TOTP, which means nothing", uri(payload({**TOTP, "counter": -5})), [ALICE]),
    ("a field that came later", uri(payload({**TOTP, "unique_id": "b7e5"}, version=2)), [ALICE]),
    ("base64 as it is, with + and / and =", uri(payload(ODD), str), [ODD_READ]),
    ("plus signs that became spaces", uri(payload(ODD), lambda text: text.replace("+", " ")), [ODD_READ]),
    ("base64url", uri(payload(ODD), lambda text: text.replace("+", "-").replace("/", "_").rstrip("=")), [ODD_READ]),
    ("base64 without padding", uri(payload(ODD), lambda text: urllib.parse.quote(text.rstrip("="), safe="")), [ODD_READ]),
    ("base64 that was encoded twice", uri(payload(ODD), lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe="")), [ODD_READ]),
    ("base64 on several lines", uri(payload(ODD), lambda text: text[:20] + "\r\n" + text[20:] + "\n"), [ODD_READ]),
    ("the first of two parts", uri(payload(TOTP, **PART)), [ALICE], {"batchId": 42, "index": 0, "size": 2}),
    ("the second of two parts", uri(payload(HOTP, batch_index=1, **PART)), [BOB], {"batchId": 42, "index": 1, "size": 2}),
    ("ten keys", uri(payload(*[{**TOTP, "name": f"user{i}"} for i in range(10)])), [read("ACME", f"user{i}") for i in range(10)]),
    # A bad key among good ones.
    ("MD5", uri(payload(TOTP, {**TOTP, "algorithm": 4}, HOTP)), [ALICE, "MD5", BOB]),
    ("an unknown algorithm", uri(payload({**TOTP, "algorithm": 9})), ["known algorithm"]),
    ("no algorithm, number of digits and type, as many programs leave them out", uri(payload({**TOTP, "algorithm": 0, "digits": 0, "type": 0})), [ALICE]),
    ("an example that many programs are tested with",
     "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC",
     [read("Example", "alice@google.com", HOTP["secret"])], {"batchId": 0, "index": 0, "size": 1}),
    ("an unknown number of digits", uri(payload({**TOTP, "digits": 3})), ["digits"]),
    ("an unknown type", uri(payload({**TOTP, "type": 3})), ["a TOTP or a HOTP"]),
    ("no secret", uri(payload({**TOTP, "secret": b""})), ["secret"]),
    ("the longest secret", uri(payload({**TOTP, "secret": bytes(256)})), [{**ALICE, "secret": bytes(256).hex()}]),
    ("a secret that is too long", uri(payload({**TOTP, "secret": bytes(257)})), ["secret"]),
    ("a negative counter", uri(payload({**HOTP, "counter": -1})), ["counter"]),
    ("a counter of 2^53", uri(payload({**HOTP, "counter": 2**53})), ["counter"]),
]

NESTED = b"\x0b" * 200 + b"\x0c" * 200  # Groups in groups.
refused = [
    ("10 MB", "otpauth-migration://offline?data=" + "A" * 4064, "4096 bytes"),
    ("101 keys", uri(payload(*[{"secret": b"x"}] * 101)), "100 keys"),
    ("1,500 empty keys", uri(payload(*[{}] * 1500), str), "100 keys"),
    ("no key", uri(payload()), "no key"),
    ("no data", "otpauth-migration://offline?data=", "base64"),
    ("no data at all", "otpauth-migration://offline", "form"),
    ("data given twice", uri(payload(TOTP)) + "&data=AA%3D%3D", "once"),
    ("another host", uri(payload(TOTP)).replace("offline", "online"), "form"),
    ("not base64", "otpauth-migration://offline?data=%21%21%21%21", "base64"),
    ("a length that base64 cannot have", "otpauth-migration://offline?data=AAAAA", "base64"),
    ("a malformed escape", "otpauth-migration://offline?data=%4", "percent escape"),
    ("a truncated message", uri(payload(TOTP)[:-30]), "damaged"),
    ("a message that goes on", uri(payload(TOTP) + b"\x0a\x40"), "damaged"),
    ("groups 200 deep", uri(NESTED), "damaged"),
    ("an index beyond the parts", uri(payload(TOTP, batch_size=2, batch_index=2)), "parts"),
    ("a negative index", uri(payload(TOTP, batch_index=-1)), "parts"),
    ("2^31 - 1 parts", uri(payload(TOTP, batch_size=2**31 - 1)), "parts"),
]


def code(text, scale=4):
    picture = io.BytesIO()
    segno.make(text, error="m", boost_error=False).save(picture, kind="png", scale=scale, border=4)
    return Image.open(picture).convert("RGB")


def save(name, picture, **options):
    picture.save(HERE / "pictures" / name, **options)


def sheet(width, height, places):
    """A page with codes at places, each turned by some degrees."""
    page = Image.new("RGB", (width, height), (255, 255, 255))
    for picture, left, top, turn in places:
        turned = picture.rotate(turn, expand=True, fillcolor=(255, 255, 255), resample=Image.Resampling.BILINEAR)
        page.paste(turned, (left, top))
    return page


OTPAUTH = "otpauth://totp/ACME:carol?secret=JBSWY3DPEHPK3PXP&issuer=ACME"
FIRST, SECOND = cases[19][1], cases[20][1]
save("one.png", code(FIRST), optimize=True)
save("none.png", Image.new("RGB", (60, 40), (255, 255, 255)))
save("dark.png", Image.eval(code(OTPAUTH), lambda value: 255 - value), optimize=True)
grey = code(OTPAUTH).convert("L")
save("transparent.png", Image.merge("LA", (Image.new("L", grey.size, 0), Image.eval(grey, lambda value: 255 - value))), optimize=True)
save("other-text.png", code("https://example.com/"), optimize=True)
several = sheet(760, 620, [(code(FIRST), 10, 20, 0), (code(SECOND), 390, 15, 0), (code(OTPAUTH), 60, 330, 12)])
save("several.png", several.convert("L"), optimize=True)
save("several.jpg", several, quality=60)
save("grey.jpg", code(OTPAUTH).convert("L"), quality=70)
save("progressive.jpg", code(OTPAUTH), quality=70, progressive=True)
row = [(code(OTPAUTH.replace("carol", f"user{i}"), 3), 150 * (i % 3), 150 * (i // 3), 0) for i in range(9)]
save("nine.png", sheet(450, 450, row).convert("1"), optimize=True)

text = {
    "source": "made by migration.py with Google's protobuf library for Python; the secrets are examples",
    "read": [
        {"name": name, "uri": text, "entries": entries, **({"part": part[0]} if part else {})} for name, text, entries, *part in cases
    ],
    "refused": [{"name": name, "uri": text, "says": says} for name, text, says in refused],
}
(HERE / "migration.json").write_text(json.dumps(text, indent=2, ensure_ascii=False) + "\n")
