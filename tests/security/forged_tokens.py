"""Tokens that nobody may be let in with, each with a name: the corpus of S5 to S9.

Most carry a right signature, so that nothing but the rule under test can refuse them.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from hmac import digest
from time import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe

from tests.security.forger import Attempt, Forger, b64, bearer

# The order of P-256.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
Cases = Iterator[tuple[str, Attempt]]


def corpus(forger: Forger) -> dict[str, Attempt]:
    """All of them by name, made now: some expire."""
    found = [
        *_shapes(forger),
        *_signatures(forger),
        *_algorithms(forger),
        *_headers(forger),
        *_claims(forger),
        *_times(forger),
        *_carriers(forger),
    ]
    names = dict(found)
    assert len(names) == len(found), "Two cases have one name."
    return names


def _shapes(forger: Forger) -> Cases:
    head, body, signature = forger.parts()
    good = f"{head}.{body}.{signature}"
    encrypted = {"alg": "ECDH-ES", "enc": "A128GCM", "cty": "JWT"}
    yield "no token", Attempt(b"Authorization: Bearer\r\n")
    yield "one part", bearer("abc")
    yield "two parts", bearer(f"{head}.{body}")
    yield "four parts", bearer(f"{good}.{signature}")
    yield "parts swapped", bearer(f"{body}.{head}.{signature}")
    yield "a header alone", bearer(f"{head}..")
    yield "cut in the middle", bearer(good[: len(good) // 2])
    yield "cut by one", bearer(good[:-1])
    yield "one letter too many", bearer(good + "A")
    yield "encrypted", bearer(jwe.encrypt_compact(encrypted, good, forger.key))
    yield "a token in a token", bearer(forger.signed(json.dumps(forger.header), json.dumps(good)))
    yield "a blank inside", bearer(f"{head} .{body}.{signature}")
    yield "a tab inside", bearer(f"{head}.\t{body}.{signature}")
    yield "padding at the end", bearer(good + "==")
    yield "padding of each part", bearer(".".join(one + "==" for one in good.split(".")))
    yield "letters that decoders pass over", bearer(f"{head}.{body}~.{signature}")
    yield "dots of another script", bearer(good.replace(".", "․"))
    yield "digits of another script", bearer(good.replace("1", "١").replace("0", "٠"))
    yield "bytes that are no text", bearer(good.encode() + b"\xff\xfe")
    yield "percent-encoded", bearer(good.replace(".", "%2E"))
    yield "100 kB", bearer(forger.token(x="x" * 100_000))
    yield "9 kB", bearer(forger.token(x="x" * 6_700))


def _signatures(forger: Forger) -> Cases:
    head, body, signature = forger.parts()
    content = f"{head}.{body}"
    first, second = forger.numbers(content, forger.key)
    raw = first.to_bytes(32) + second.to_bytes(32)

    def with_(first: int, second: int) -> Attempt:
        return bearer(f"{content}.{b64(first.to_bytes(32) + second.to_bytes(32))}")

    yield "an empty signature", bearer(f"{content}.")
    for place in (0, 31, 32, 63):
        flipped = bytearray(raw)
        flipped[place] ^= 1
        yield f"a bit flipped in byte {place}", bearer(f"{content}.{b64(bytes(flipped))}")
    yield "an unused bit flipped", bearer(f"{content}.{_respelled(signature)}")
    yield "a signature of zeros", with_(0, 0)
    yield "r is zero", with_(0, second)
    yield "s is zero", with_(first, 0)
    yield "r is the order", with_(ORDER, second)
    yield "r and s are the order", with_(ORDER, ORDER)
    yield "a signature in DER", bearer(f"{content}.{b64(encode_dss_signature(first, second))}")
    yield "a signature of another token", bearer(f"{content}.{forger.token(jti='2').split('.')[2]}")
    for curve in ("P-384", "P-521", "secp256k1"):
        key = ec.generate_private_key(_CURVES[curve])
        r, s = decode_dss_signature(key.sign(content.encode(), ec.ECDSA(SHA256())))
        size = (key.key_size + 7) // 8
        yield f"a key of {curve}", bearer(f"{content}.{b64(r.to_bytes(size) + s.to_bytes(size))}")
    told, claims = json.dumps(forger.header), json.dumps(forger.claims())
    yield "another key under our id", bearer(forger.signed(told, claims, forger.other))
    yield (
        "another role, unsigned",
        bearer(f"{head}.{b64(json.dumps(forger.claims(role='operator')))}.{signature}"),
    )


_CURVES: dict[str, ec.EllipticCurve] = {
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
}


def _respelled(part: str) -> str:
    """The same bytes in another base64 spelling: the bits past the last byte are set."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + letters[letters.index(part[-1]) | 1]


def _algorithms(forger: Forger) -> Cases:
    _, body, signature = forger.parts()
    for name in ("none", "None", "nOnE", "NONE"):
        head = b64(json.dumps({**forger.header, "alg": name}))
        yield f"alg {name}", bearer(f"{head}.{body}.")
        yield f"alg {name} with a signature", bearer(f"{head}.{body}.{signature}")
    public = forger.key.as_dict(private=False)
    secrets = {
        "as PEM": forger.key.as_pem(private=False),
        "as PEM without its last line end": forger.key.as_pem(private=False).rstrip(b"\n"),
        "as DER": forger.key.as_der(private=False),
        "as JWK": json.dumps(public).encode(),
        "as a dense JWK": json.dumps(public, separators=(",", ":")).encode(),
        "as its x": public["x"].encode() if isinstance(public["x"], str) else b"",
        "left empty": b"",
        "as its id": str(forger.key.kid).encode(),
    }
    for how, secret in secrets.items():
        content = f"{b64(json.dumps({**forger.header, 'alg': 'HS256'}))}.{body}"
        yield f"HS256, the public key {how}", bearer(f"{content}.{hashed(content, secret)}")
    content = f"{b64(json.dumps(forger.header))}.{body}"
    yield "HMAC under ES256", bearer(f"{content}.{hashed(content, secrets['as PEM'])}")
    others: list[Any] = ["es256", "ES384", "ES256K", "RS256", "EdDSA", ["ES256"], None, 7, ""]
    for other in others:
        yield f"alg as {other!r}", bearer(forger.token({"alg": other}))
    yield "no alg", bearer(forger.token({"alg": ...}))


def hashed(content: str, secret: bytes) -> str:
    return b64(digest(secret, content.encode(), sha256))


def _headers(forger: Forger) -> Cases:
    claims = json.dumps(forger.claims())
    embedded = {**forger.header, "kid": "other", "jwk": forger.other.as_dict(private=False)}
    yield "an embedded key", bearer(forger.signed(json.dumps(embedded), claims, forger.other))
    added: dict[str, dict[str, Any]] = {
        "an embedded key of ours": {"jwk": forger.key.as_dict(private=False)},
        "jku": {"jku": f"{forger.trap}/jwks.json"},
        "jku and an unknown kid": {"jku": f"{forger.trap}/jwks.json", "kid": "other"},
        "x5u": {"x5u": f"{forger.trap}/chain.pem"},
        "x5c": {"x5c": ["MIIB"]},
        "crit with what nobody knows": {"crit": ["x"], "x": 1},
        "crit with what we know": {"crit": ["alg"]},
        "crit that is empty": {"crit": []},
        "b64 false": {"b64": False, "crit": ["b64"]},
        "zip": {"zip": "DEF"},
        "cty": {"cty": "JWT"},
        "kid as an address": {"kid": f"{forger.trap}/jwks.json"},
        "kid as a path": {"kid": "../../../dev/null"},
        "kid as SQL": {"kid": "x' UNION SELECT 'key' --"},
        "kid as a command": {"kid": "|/usr/bin/id"},
        "kid of 3 kB": {"kid": "k" * 3_000},
        "kid of 10 kB": {"kid": "k" * 10_000},
        "kid unknown": {"kid": "unknown"},
        "kid as a number": {"kid": 1},
        "kid as null": {"kid": None},
        "kid as a list": {"kid": [forger.key.kid]},
        "no kid": {"kid": ...},
        "typ JWT": {"typ": "JWT"},
        "typ of an ID token": {"typ": "id+jwt"},
        "typ in capitals": {"typ": "AT+JWT"},
        "typ with a prefix": {"typ": "application/at+jwt"},
        "no typ": {"typ": ...},
    }
    for name, header in added.items():
        yield name, bearer(forger.token(header))
    plain = json.dumps(forger.header)[1:]
    yield "alg twice, none first", bearer(forger.signed('{"alg":"none",' + plain, claims))
    yield "alg twice, none last", bearer(forger.signed("{" + plain[:-1] + ',"alg":"none"}', claims))
    yield "kid twice", bearer(forger.signed('{"kid":"other",' + plain, claims))
    yield "a header that is a list", bearer(forger.signed(f"[{json.dumps(forger.header)}]", claims))
    yield "a header that is no JSON", bearer(forger.signed("{'alg': 'ES256'}", claims))
    yield "a header of 3,000 levels", bearer(forger.signed("[" * 3_000, claims))


def _claims(forger: Forger) -> Cases:
    told: dict[str, dict[str, Any]] = {
        "another issuer": {"iss": "https://attacker.example.org"},
        "our issuer with a slash": {"iss": forger.issuer + "/"},
        "our issuer in capitals": {"iss": forger.issuer.upper()},
        "our issuer with a blank": {"iss": forger.issuer + " "},
        "our issuer in a list": {"iss": [forger.issuer]},
        "no issuer": {"iss": ...},
        "another audience": {"aud": "account"},
        "our audience in a list": {"aud": [forger.audience]},
        "our audience among others": {"aud": [forger.audience, "account"]},
        "an audience that begins like ours": {"aud": forger.audience + "-2"},
        "no audience": {"aud": ...},
        "no subject": {"sub": ...},
        "an empty subject": {"sub": ""},
        "a subject as a number": {"sub": 1},
        "a subject with a line end": {"sub": "client\n{}"},
        "a subject of 3 kB": {"sub": "s" * 3_000},
        "no role": {"role": ...},
        "an unknown role": {"role": "administrator"},
        "several roles": {"role": ["organiser", "operator"]},
        "a tenant as a number": {"tenant": 8111000},
        "scopes as a list": {"scope": ["read", "admin"]},
    }
    for name, changed in told.items():
        yield name, bearer(forger.token(**changed))
    header, plain = json.dumps(forger.header), json.dumps(forger.claims(role="moderator"))
    yield "role twice", bearer(forger.signed(header, plain[:-1] + ', "role": "operator"}'))
    yield "issuer twice", bearer(forger.signed(header, '{"iss": "x", ' + plain[1:]))
    yield "claims that are a list", bearer(forger.signed(header, f"[{plain}]"))
    yield "claims in UTF-16", bearer(_resigned(forger, b64(header), b64(plain.encode("utf-16"))))


def _resigned(forger: Forger, head: str, body: str) -> str:
    first, second = forger.numbers(f"{head}.{body}", forger.key)
    return f"{head}.{body}.{b64(first.to_bytes(32) + second.to_bytes(32))}"


def _times(forger: Forger) -> Cases:
    now = int(time())
    told: dict[str, dict[str, Any]] = {
        "expired by one second": {"iat": now - 300, "exp": now - 1},
        "expired this second": {"iat": now - 300, "exp": now},
        "no expiry": {"exp": ...},
        "expiry as null": {"exp": None},
        "expiry as text": {"exp": str(now + 300)},
        "expiry as a fraction": {"exp": now + 300.5},
        "expiry as true": {"exp": True},
        "expiry below zero": {"exp": -1},
        "expiry of thirty digits": {"exp": 10**30},
        "a life of an hour": {"exp": now + 3_600},
        "issued in four minutes": {"iat": now + 240, "exp": now + 300},
        "no time of issue": {"iat": ...},
        "not valid for four minutes yet": {"nbf": now + 240},
        "not before as text": {"nbf": str(now)},
    }
    for name, changed in told.items():
        yield name, bearer(forger.token(**changed))
    header, plain = json.dumps(forger.header), json.dumps(forger.claims(exp=...))
    for text in ("1e400", "Infinity", "NaN", "1e10", "9" * 5_000):
        name = f"expiry as {text[:10]}"
        yield name, bearer(forger.signed(header, f'{plain[:-1]}, "exp": {text}}}'))


def _carriers(forger: Forger) -> Cases:
    good = forger.token()
    line, bad = bearer(good).head, bearer("x.y.z").head
    yield "nothing at all", Attempt(b"")
    yield "two tokens, the good one first", Attempt(line + bad)
    yield "two tokens, the good one last", Attempt(bad + line)
    yield "one token twice", Attempt(line + line)
    yield "two tokens on a line", bearer(f"{good}, Bearer {good}")
    yield "words after the token", bearer(f"{good} extra")
    yield "another scheme", bearer(good, "Token")
    yield "a scheme with a colon", bearer(good, "Bearer:")
    yield "no scheme", Attempt(f"Authorization: {good}\r\n".encode())
    yield "as a password", bearer(b64encode(f"client-1:{good}".encode()), "Basic")
    yield "a folded line", Attempt(f"Authorization: Bearer\r\n {good}\r\n".encode())
    yield "in a cookie", Attempt(f"Cookie: access_token={good}\r\n".encode())
    yield "in the query", Attempt(b"", f"?access_token={good}")
    yield "in the query as well", Attempt(line, f"?access_token={good}")
    yield "under another name", Attempt(f"X-Authorization: Bearer {good}\r\n".encode())
    yield (
        "under a name with a line below",
        Attempt(f"Proxy_Authorization: Bearer {good}\r\n".encode()),
    )
