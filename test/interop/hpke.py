"""X-Wing (KEM 0x647a) and the export of HPKE base mode with HKDF-SHA256 (RFC 9180)."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import mlkem

PK_BYTES = mlkem.EK_BYTES + 32
ENC_BYTES = mlkem.CT_BYTES + 32
LABEL = rb"\.//^" + b"\\"
SUITE = b"HPKE" + bytes.fromhex("647a00010003")


class HpkeError(Exception):
    """An encapsulation or a decapsulation that must not go on."""


def hkdf_extract(salt, ikm):
    return hmac.digest(salt or bytes(32), ikm, "sha256")


def hkdf_expand(prk, info, length):
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), "sha256")
        out += block
        counter += 1
    return out[:length]


def _public(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _exchange(private, public):
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise HpkeError("X25519") from error


def _expand_seed(seed):
    data = hashlib.shake_256(seed).digest(96)
    ek, dk = mlkem.key_gen(data[:32], data[32:64])
    return ek, dk, X25519PrivateKey.from_private_bytes(data[64:])


def _combine(ss_m, ss_x, ct_x, pk_x):
    return hashlib.sha3_256(ss_m + ss_x + ct_x + pk_x + LABEL).digest()


def public_key(seed):
    """X-Wing public key (1216 bytes) of a seed of 32 bytes."""
    ek, _, private = _expand_seed(seed)
    return ek + _public(private)


def _labeled_extract(salt, label, ikm):
    return hkdf_extract(salt, b"HPKE-v1" + SUITE + label + ikm)


def _labeled_expand(prk, label, info, length):
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + label + info, length)


def _export(shared_secret, info):
    context = b"\0" + _labeled_extract(b"", b"psk_id_hash", b"") + _labeled_extract(b"", b"info_hash", info)
    secret = _labeled_extract(shared_secret, b"secret", b"")
    exporter = _labeled_expand(secret, b"exp", context, 32)
    return _labeled_expand(exporter, b"sec", b"waxseal/1 session", 32)


def encapsulate(pk, info, coins):
    """enc (1120 bytes) and ck[0] (32). `coins`: 32 bytes for ML-KEM, 32 as X25519 secret."""
    if len(pk) != PK_BYTES:
        raise HpkeError("length of the public key")
    ek, pk_x = pk[: mlkem.EK_BYTES], pk[mlkem.EK_BYTES :]
    try:
        ss_m, ct_m = mlkem.encapsulate(ek, coins[:32])
    except mlkem.KemError as error:
        raise HpkeError(str(error)) from error
    private = X25519PrivateKey.from_private_bytes(coins[32:])
    ct_x = _public(private)
    return ct_m + ct_x, _export(_combine(ss_m, _exchange(private, pk_x), ct_x, pk_x), info)


def decapsulate(seed, enc, info):
    """ck[0] (32 bytes)."""
    if len(enc) != ENC_BYTES:
        raise HpkeError("length of enc")
    _, dk, private = _expand_seed(seed)
    ct_m, ct_x = enc[: mlkem.CT_BYTES], enc[mlkem.CT_BYTES :]
    ss_x = _exchange(private, ct_x)
    return _export(_combine(mlkem.decapsulate(dk, ct_m), ss_x, ct_x, _public(private)), info)
