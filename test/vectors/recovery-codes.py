"""Known answers for recovery codes, by Python alone, and by its `cryptography` for the sealed sets.

    pip install cryptography && python3 test/vectors/recovery-codes.py > test/vectors/recovery-codes.json

docs/security.md describes the hashes. All keys are test data.
"""
import base64
import contextlib
import hashlib
import hmac
import importlib.util
import io
import json
import pathlib

# The envelope of the other vectors; what it prints while it is loaded is not meant for us.
spec = importlib.util.spec_from_file_location('sealed_keys', pathlib.Path(__file__).with_name('sealed-keys.py'))
sealed_keys = importlib.util.module_from_spec(spec)
with contextlib.redirect_stdout(io.StringIO()):
    spec.loader.exec_module(sealed_keys)

ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'


def pseudo(label, length):
    return hashlib.shake_256(label.encode()).digest(length)


def crockford(raw):
    value = int.from_bytes(raw, 'big')
    length = len(raw) * 8 // 5
    return ''.join(ALPHABET[(value >> (5 * (length - 1 - place))) & 31] for place in range(length))


def digest(key, label, content):
    return hmac.new(key, b'otpd:' + label + b':' + content, hashlib.sha256).digest()[:16]


def vector(name, count, size, created, key=bytes(range(32)), **sealing):
    set_id = pseudo(name + ': id', 16)
    raws = [pseudo(f'{name}: {place}', size) for place in range(count)]
    codes = [crockford(raw) for raw in raws]
    hashes = [digest(key, b'recovery-code', set_id + code.encode()) for code in codes]
    payload = set_id + bytes([len(codes[0])]) + created.to_bytes(6, 'big') + b''.join(hashes)
    sealed = sealed_keys.seal(name, payload, format='otpr1', **sealing)
    return {
        'name': name, 'fingerprintKey': key.hex(), 'setId': set_id.hex(),
        'state': base64.urlsafe_b64encode(digest(key, b'recovery-set', set_id)).rstrip(b'=').decode(),
        'random': [raw.hex() for raw in raws], 'codes': codes, 'hashes': [one.hex() for one in hashes],
        'codeLength': len(codes[0]), 'createTime': created,
        **{field: sealed[field] for field in ('key', 'tenant', 'context', 'payload', 'blob')},
    }


vectors = [
    vector('ten codes of 80 bits', 10, 10, 1_795_000_000),
    vector('twenty codes of 120 bits, another key, tenant and context', 20, 15, 1_795_000_000,
           key=pseudo('fingerprint key', 32), tenant='acme-eu', context=b'user-1/recovery/2'),
    vector('one code, of the first second', 1, 10, 0, context=b''),
]
print(json.dumps(vectors, indent=2))
