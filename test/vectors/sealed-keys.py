"""Known answers for sealed keys, by Python's `cryptography`: an implementation that shares nothing with ours but OpenSSL.

    pip install cryptography && python3 test/vectors/sealed-keys.py > test/vectors/sealed-keys.json

docs/sealed-keys.md describes the format. All keys and secrets are test data.
"""
import base64
import hashlib
import json

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def message(fields):
    """A protobuf message of (number, value) in their order: bytes and text length-delimited, numbers as varints."""
    out = b''
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def key_message(secret, type=1, algorithm=1, digits=6, period=None, counter=None, issuer='', account='', created=0, pending=0):
    period = (30 if type == 1 else 0) if period is None else period
    given = [(1, secret), (2, type), (3, algorithm), (4, digits), (5, period), (6, counter), (7, issuer), (8, account), (9, created), (10, pending)]
    # A zero is left out, save that of the counter, which has presence.
    return message([(number, value) for number, value in given if value or (number == 6 and value is not None)])


def seal(name, payload, key=bytes(range(32)), salt=bytes(range(0xA0, 0xB0)), format='otpk1', tenant='default', context=b'user-1'):
    id = hmac.HMAC(key, hashes.SHA256())
    id.update(b'otpd sealing key id v1')
    id = id.finalize()[:4]
    okm = KBKDFHMAC(
        algorithm=hashes.SHA512(), mode=Mode.CounterMode, length=44, rlen=4, llen=4, location=CounterLocation.BeforeFixed,
        label=b'otpd/' + format.encode(), context=id + salt, fixed=None,
    ).derive(key)
    tenant_bytes = tenant.encode()
    aad = format.encode() + b'\0' + id + bytes([len(tenant_bytes)]) + tenant_bytes + len(context).to_bytes(2, 'big') + context
    raw = id + salt + AESGCM(okm[:32]).encrypt(okm[32:], payload, aad)
    blob = format + '_' + base64.urlsafe_b64encode(raw).rstrip(b'=').decode()
    return {
        'name': name, 'key': key.hex(), 'id': id.hex(), 'salt': salt.hex(), 'format': format, 'tenant': tenant,
        'context': context.hex(), 'payload': payload.hex(), 'blob': blob,
    }


def pseudo(label, length):
    return hashlib.shake_256(label.encode()).digest(length)


RFC = b'12345678901234567890'
OTHER = pseudo('another sealing key', 32)
TOTP, HOTP = 1, 2

vectors = [
    seal('the vector of the specification', key_message(RFC)),
    seal('another tenant', key_message(RFC), tenant='acme-eu'),
    seal('the longest tenant', key_message(RFC), tenant='a' + 'b' * 61 + 'c'),
    seal('no context', key_message(RFC), context=b''),
    seal('a context of 256 bytes', key_message(RFC), context=bytes(range(256))),
    seal('a context that looks like a tenant', key_message(RFC), tenant='a', context=b'\x00\x07default'),
    seal('another sealing key and salt', key_message(RFC), key=OTHER, salt=pseudo('salt', 16)),
    seal('a HOTP at its first counter', key_message(RFC, type=HOTP, counter=0)),
    seal('a HOTP at the last counter', key_message(RFC, type=HOTP, digits=8, counter=2**53 - 1), key=OTHER),
    seal('a HOTP beyond 32 bits', key_message(RFC, type=HOTP, algorithm=3, counter=2**40 + 5), salt=pseudo('hotp', 16)),
    seal('an enrolment that is pending', key_message(
        pseudo('secret', 64), algorithm=3, digits=8, period=60, issuer='ACME Ltd', account='alice@example.com',
        created=1_795_000_000, pending=1_795_086_400), context=b'user-1/totp/7'),
    seal('names beyond ASCII', key_message(
        pseudo('names', 32), algorithm=2, digits=7, period=86_400, issuer='Ünïcode 株式会社', account='алиса', created=1_795_000_000)),
    seal('a secret of one byte', key_message(b'\x01', period=1)),
    seal('the longest of everything', key_message(
        pseudo('longest', 256), type=HOTP, algorithm=3, digits=8, counter=2**53 - 1, issuer='i' * 128, account='a' * 256,
        created=253_402_300_799, pending=253_402_300_799), tenant='t' * 63, context=pseudo('context', 256)),
    seal('a set of recovery codes', pseudo('a set', 180), format='otpr1'),
    seal('a set of another tenant without a context', pseudo('another set', 341), format='otpr1', key=OTHER, salt=pseudo('set', 16), tenant='acme-eu', context=b''),
    seal('an empty content', b'', format='otpr1'),
    seal('the longest content', pseudo('727', 727), format='otpr1'),
]
print(json.dumps(vectors, indent=2, ensure_ascii=False))
