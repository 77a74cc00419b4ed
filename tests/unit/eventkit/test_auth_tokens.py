"""Tokens: the good one is understood, and no forgery of it is."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from time import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from eventkit.auth.keys import OwnKeys, signing_key
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import BadToken, OwnIssuer, Signer, Verifier

ISSUER, AUDIENCE = "https://registry.example.org", "netztreff"
KEY = signing_key(b"m" * 32)
OTHER_KEY = signing_key(b"o" * 32)
SIGNER = Signer(KEY, ISSUER, AUDIENCE)
CLIENT = Principal("client-1", "municipality", "08111000", frozenset({"read"}), ISSUER)

# The corpus is made once, so it is judged at the time of its making.
NOW = int(time())
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}


def claims(**changed: Any) -> dict[str, Any]:
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "client-1", "role": "organiser"}
    merged = {**usual, "iat": NOW, "exp": NOW + 300, **changed}
    return {name: value for name, value in merged.items() if value is not ...}


def verifier(now: Callable[[], float] = lambda: NOW) -> Verifier:
    return Verifier([OwnIssuer(ISSUER, AUDIENCE, OwnKeys(KEY))], now=now)


def signed(header: dict[str, Any] | None = None, *, key: ECKey = KEY, **changed: Any) -> str:
    """A token with a right signature, whatever its header and claims say."""
    content = f"{part(header or HEADER)}.{part(claims(**changed))}"
    private = key.private_key
    assert private is not None
    first, second = decode_dss_signature(private.sign(content.encode(), ec.ECDSA(SHA256())))
    return f"{content}.{b64(first.to_bytes(32) + second.to_bytes(32))}"


def hashed(header: dict[str, Any], secret: bytes) -> str:
    """A token "signed" with HMAC, as if the public key were a shared secret."""
    content = f"{part(header)}.{part(claims())}"
    return f"{content}.{b64(digest(secret, content.encode(), sha256))}"


def part(value: object) -> str:
    return b64(json.dumps(value).encode())


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


GOOD = SIGNER.sign(CLIENT)
HEAD, BODY, SIGNATURE = GOOD.split(".")
PEM = KEY.as_pem(private=False)
DER = KEY.as_der(private=False)
EMBEDDED = OTHER_KEY.as_dict(private=False)
FORGED = {
    "nothing": "",
    "one part": "abc",
    "two parts": f"{HEAD}.{BODY}",
    "two parts and a dot": f"{HEAD}.{BODY}.",
    "four parts": f"{GOOD}.{SIGNATURE}",
    "five parts, as if encrypted": f"{GOOD}.{SIGNATURE}.{SIGNATURE}",
    "a signature cut short": GOOD[:-4],
    "a signature too long": GOOD + "AAAA",
    "a signature of zeros": f"{HEAD}.{BODY}.{b64(bytes(64))}",
    "a signature in DER": f"{HEAD}.{BODY}.{b64(bytes([0x30, 6, 2, 1, 1, 2, 1, 1]))}",
    "another body": f"{HEAD}.{part(claims(role='operator'))}.{SIGNATURE}",
    "another header": f"{part({**HEADER, 'kid': 'x'})}.{BODY}.{SIGNATURE}",
    "another key under our id": signed(key=OTHER_KEY),
    "another issuer's key": Signer(OTHER_KEY, ISSUER, AUDIENCE).sign(CLIENT),
    "alg none": f"{part({**HEADER, 'alg': 'none'})}.{BODY}.",
    "alg None": f"{part({**HEADER, 'alg': 'None'})}.{BODY}.",
    "alg nOnE with a signature": f"{part({**HEADER, 'alg': 'nOnE'})}.{BODY}.{SIGNATURE}",
    "no alg": signed({"typ": "at+jwt", "kid": KEY.kid}),
    "alg es256": signed({**HEADER, "alg": "es256"}),
    "alg ES384": signed({**HEADER, "alg": "ES384"}),
    "alg as a list": signed({**HEADER, "alg": ["ES256"]}),
    "HS256 with the public key as PEM": hashed({**HEADER, "alg": "HS256"}, PEM),
    "HS256 with the public key as DER": hashed({**HEADER, "alg": "HS256"}, DER),
    "HS256 with the public key as JWK": hashed(
        {**HEADER, "alg": "HS256"}, json.dumps(KEY.as_dict(private=False)).encode()
    ),
    "HS256 with an empty secret": hashed({**HEADER, "alg": "HS256"}, b""),
    "HMAC under ES256": hashed(HEADER, PEM),
    "an embedded key": signed({**HEADER, "jwk": EMBEDDED}),
    "a key's address": signed({**HEADER, "jku": "https://attacker.example.org/jwks"}),
    "a certificate's address": signed({**HEADER, "x5u": "https://attacker.example.org/x"}),
    "a certificate": signed({**HEADER, "x5c": ["MIIB"]}),
    "an unknown critical header": signed({**HEADER, "crit": ["x"], "x": 1}),
    "a critical header that we know": signed({**HEADER, "crit": ["alg"]}),
    "an unencoded payload": signed({**HEADER, "b64": False, "crit": ["b64"]}),
    "compression": signed({**HEADER, "zip": "DEF"}),
    "a content type": signed({**HEADER, "cty": "JWT"}),
    "no kid": signed({"alg": "ES256", "typ": "at+jwt"}),
    "kid as a path": signed({**HEADER, "kid": "../../dev/null"}),
    "kid as SQL": signed({**HEADER, "kid": "' OR 1=1 --"}),
    "kid of 10 kB": signed({**HEADER, "kid": "k" * 10_000}),
    "kid as a number": signed({**HEADER, "kid": 1}),
    "kid as null": signed({**HEADER, "kid": None}),
    "typ JWT": signed({**HEADER, "typ": "JWT"}),
    "typ of an ID token": signed({**HEADER, "typ": "id+jwt"}),
    "typ with a prefix": signed({**HEADER, "typ": "application/at+jwt"}),
    "no typ": signed({"alg": "ES256", "kid": KEY.kid}),
    "another issuer": signed(iss="https://attacker.example.org"),
    "an issuer with a slash": signed(iss=ISSUER + "/"),
    "an issuer in capitals": signed(iss=ISSUER.upper()),
    "no issuer": signed(iss=...),
    "another audience": signed(aud="account"),
    "a list of audiences": signed(aud=[AUDIENCE, "account"]),
    "an audience that starts like ours": signed(aud=AUDIENCE + "2"),
    "no audience": signed(aud=...),
    "expired": signed(iat=NOW - 400, exp=NOW - 1),
    "no expiry": signed(exp=...),
    "expiry as text": signed(exp=str(NOW + 300)),
    "expiry as a fraction": signed(exp=NOW + 300.5),
    "expiry beyond all numbers": signed(exp=10**30),
    "expiry as infinity": signed(exp=float("inf")),
    "expiry as true": signed(exp=True),
    "expiry below zero": signed(exp=-1),
    "a life of an hour": signed(exp=NOW + 3600),
    "issued in the future": signed(iat=NOW + 120, exp=NOW + 300),
    "no time of issue": signed(iat=...),
    "not yet valid": signed(nbf=NOW + 120),
    "not before as text": signed(nbf="0"),
    "no subject": signed(sub=...),
    "an empty subject": signed(sub=""),
    "a subject as a number": signed(sub=1),
    "a subject of 10 kB": signed(sub="s" * 10_000),
    "no role": signed(role=...),
    "an unknown role": signed(role="admin"),
    "several roles": signed(role=["operator"]),
    "a tenant as a number": signed(tenant=8111000),
    "scopes as a list": signed(scope=["read"]),
    "100 kB": signed(x="x" * 100_000),
    "a header that is no object": f"{part(['ES256'])}.{BODY}.{SIGNATURE}",
    "a body that is no object": f"{HEAD}.{part([1])}.{SIGNATURE}",
    "bytes that are no text": f"{b64(bytes([255, 254]))}.{BODY}.{SIGNATURE}",
    "other letters": GOOD.replace(".", "․"),
    "a lone surrogate": GOOD + "\udc80",
    "a line end": GOOD + "\n",
    "blanks inside": f"{HEAD} .{BODY}.{SIGNATURE}",
}


def test_a_good_token_tells_who_calls() -> None:
    assert verifier().verify(GOOD) == CLIENT
    assert verifier().verify(signed()).role == "organiser"


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("organiser", "read write admin"),
        ("operator", "read write admin"),
        ("district", "read write"),
    ],
)
def test_where_nothing_is_said_of_scopes_they_follow_from_the_role(role: str, scopes: str) -> None:
    assert verifier().verify(signed(role=role)).scopes == set(scopes.split())
    assert verifier(time).verify(SIGNER.sign(Principal("c", role))).scopes == set(scopes.split())


def test_a_token_without_any_scope_is_good_for_nothing() -> None:
    assert verifier().verify(signed(scope="")).scopes.isdisjoint({"read", "write", "admin"})


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        verifier().verify(token)


def test_a_remembered_token_ends_with_its_expiry() -> None:
    now = [time()]
    judge = verifier(lambda: now[0])
    token = SIGNER.sign(CLIENT, lifetime=10)
    assert judge.verify(token) == CLIENT
    now[0] += 11
    with pytest.raises(BadToken):
        judge.verify(token)


def test_a_token_is_judged_again_after_half_a_minute() -> None:
    now = [float(NOW)]
    keys = OwnKeys(KEY)
    judge = Verifier([OwnIssuer(ISSUER, AUDIENCE, keys)], now=lambda: now[0])
    assert judge.verify(GOOD) == CLIENT
    keys._key = OTHER_KEY
    assert judge.verify(GOOD) == CLIENT
    now[0] += 31
    with pytest.raises(BadToken):
        judge.verify(GOOD)


def test_a_token_lives_ten_minutes_at_most() -> None:
    with pytest.raises(ValueError, match="600"):
        SIGNER.sign(CLIENT, lifetime=601)


def test_every_replica_signs_with_the_same_key() -> None:
    again = signing_key(b"m" * 32)
    assert again.as_dict(private=True) == KEY.as_dict(private=True)
    assert again.kid != OTHER_KEY.kid


def test_the_published_keys_hold_nothing_private() -> None:
    (key,) = SIGNER.jwks()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
