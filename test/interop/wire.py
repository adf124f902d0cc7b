"""Messages, hashes and keys of protocol waxseal/1 (wire-format.md B1 to B6)."""

import hashlib
import json
import re
import struct
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from hpke import ENC_BYTES, PK_BYTES, hkdf_expand, hkdf_extract

KIB = 1024
STEADY = [16, 23, 32, 46, 64, 91, 128, 182, 256, 363, 512, 725, 1024, 1449, 2048, 2897, 4096]
BLOCK = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]
MAX_PLAINTEXT = 8 * KIB * KIB
HEADER_BYTES = 28


class Refused(Exception):
    """A message that the protocol does not allow."""


def need(condition, what):
    if not condition:
        raise Refused(what)


def sha256(data):
    return hashlib.sha256(data).digest()


def lp(data):
    data = data.encode() if isinstance(data, str) else data
    return len(data).to_bytes(2, "big") + data


# JSON


def _object(pairs):
    out = {}
    for key, value in pairs:
        need(key not in out, "duplicate key")
        out[key] = value
    return out


def _integer(text):
    need(abs(int(text)) < 2**53 and text != "-0", "integer")
    return int(text)


def _no(text):
    raise Refused(f"number {text}")


def _count(value):
    if isinstance(value, (dict, list)):
        return 1 + sum(map(_count, value.values() if isinstance(value, dict) else value))
    return 1


def _check(value, levels, most):
    if isinstance(value, (dict, list)):
        need(levels < most, "depth")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, levels + 1, most)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Refused("lone surrogate") from error


def parse_json(data, floats=False, depth=32):
    """One JSON value, read strictly."""
    try:
        text = data.decode("utf-8")
        need(not text.startswith("\ufeff"), "byte order mark")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=float if floats else _no,
            parse_constant=_no,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refused("not JSON") from error
    _check(value, 0, depth)
    return value


def exact(value, required, optional=()):
    need(isinstance(value, dict), "object")
    need(all(key in value for key in required), "missing key")
    need(all(key in required or key in optional for key in value), "unknown key")


def is_int(value, least, most=2**53 - 1):
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_hex32(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


# Offer, header, answer, statement


def parse_offer(body):
    need(len(body) == 64 and body[:5] == b"WXSO\x01" and body[5:32] == bytes(27), "offer")
    return body[32:]


def make_offer(nonce):
    return b"WXSO\x01" + bytes(27) + nonce


def parse_header(data):
    need(len(data) == 32, "header length")
    offer_ttl, session_ttl, turns, zero, most = struct.unpack(">IIHHI", data[16:])
    need(zero == 0, "reserved")
    need(30 <= offer_ttl <= 900 and 60 <= session_ttl <= 3600 and 1 <= turns <= 256, "bounds")
    need(8 * KIB <= most <= MAX_PLAINTEXT + HEADER_BYTES + ENC_BYTES + 16, "bounds")
    return {
        "id": data[:16].hex(),
        "offerTtlS": offer_ttl,
        "sessionTtlS": session_ttl,
        "maxTurns": turns,
        "maxRequestBytes": most,
    }


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        need(self.at + size <= len(self.data), "too short")
        self.at += size
        return self.data[self.at - size : self.at]

    def section(self, most):
        size = int.from_bytes(self.take(4), "big")
        need(size <= most, "section too long")
        return self.take(size)

    @property
    def left(self):
        return len(self.data) - self.at


def parse_answer(body):
    need(len(body) <= 524_288, "answer too long")
    reader = _Reader(body)
    need(reader.take(5) == b"WXSA\x01", "magic")
    evidence_type = reader.take(1)[0]
    counts = {1: 4, 2: 5, 3: 0, 0xF1: 4}
    need(evidence_type in counts, "evidence type")
    slot = int.from_bytes(reader.take(2), "big")
    need(slot < 1024, "slot")
    header = reader.take(32)
    parse_header(header)
    answer = {"evidenceType": evidence_type, "slot": slot, "header": header, "pk": reader.take(PK_BYTES)}
    answer["path"] = [reader.take(32) for _ in range(10)]
    answer["logSizeHint"] = int.from_bytes(reader.take(8), "big")
    need(answer["logSizeHint"] < 2**53, "size hint")
    answer["statement"] = reader.section(16 * KIB)
    answer["evidence"] = reader.section(32 * KIB)
    items = _Reader(reader.section(448 * KIB))
    staple = reader.section(16 * KIB)
    need(reader.left == 0, "trailing bytes")
    answer["endorsements"] = []
    while items.left:
        answer["endorsements"].append(items.section(448 * KIB))
    need(len(answer["endorsements"]) == counts[evidence_type], "endorsements")
    answer["staple"] = None
    if staple:
        proof = _Reader(staple)
        entry = proof.section(16 * KIB)
        try:
            text = proof.take(proof.left).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("proof") from error
        answer["staple"] = {"entry": entry, "proof": text}
    return answer


def _is_service(text):
    if not isinstance(text, str):
        return False
    url = urlsplit(text)
    local = url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost")
    return (url.scheme == "https" or local) and bool(url.hostname) and text == f"{url.scheme}://{url.netloc}"


def parse_statement(data):
    need(len(data) <= 16 * KIB, "statement too long")
    value = parse_json(data)
    exact(value, ("protocol", "service", "configSha256", "engine", "accelerator", "models", "wire"))
    need(value["protocol"] == "waxseal/1" and value["accelerator"] == "none", "protocol or accelerator")
    need(_is_service(value["service"]), "service")
    need(is_hex32(value["configSha256"]) and isinstance(value["engine"], str), "config or engine")
    wire, models = value["wire"], value["models"]
    exact(wire, ("tickMs", "recordBytes", "maxRecords"))
    need(is_int(wire["tickMs"], 20, 500) and is_int(wire["recordBytes"], 64, 4096), "wire")
    need(wire["maxRecords"] in STEADY, "number of records")
    need(isinstance(models, list) and 1 <= len(models) <= 16, "models")
    for model in models:
        exact(model, ("id", "sha256", "contextTokens", "maxOutputTokens"))
        need(isinstance(model["id"], str) and is_hex32(model["sha256"]), "model")
        need(is_int(model["contextTokens"], 1) and is_int(model["maxOutputTokens"], 1), "model")
        most = (wire["maxRecords"] - 2) * (wire["recordBytes"] - 19) / 8
        need(model["maxOutputTokens"] <= most, "output does not fit")
    return value


# Batch and transcript


def batch_leaf(nonce, header, pk):
    return sha256(b"\0" + lp("waxseal/1 leaf") + nonce + header + sha256(pk))


def fold(leaf, slot, path):
    need(0 <= slot < 1024 and len(path) == 10, "slot or path")
    for level, sibling in enumerate(path):
        pair = sibling + leaf if slot >> level & 1 else leaf + sibling
        leaf = sha256(b"\x01" + pair)
    return leaf


def report_data(root, statement):
    return hashlib.sha512(lp("waxseal/1 report") + root + sha256(statement)).digest()


def transcript(offer, answer):
    return sha256(lp("waxseal/1 transcript") + sha256(offer) + sha256(answer))


def hpke_info(transcript_hash):
    return lp("waxseal/1 hpke") + transcript_hash


# Keys


class Chain:
    """ck[t], from ck[0]."""

    def __init__(self, key):
        self.key, self.turn = key, 0

    def advance(self):
        request = hkdf_expand(self.key, b"waxseal/1 request", 44)
        response = hkdf_expand(self.key, b"waxseal/1 response", 32)
        self.key = hkdf_expand(self.key, b"waxseal/1 next", 32)
        self.turn += 1
        return request[:32], request[32:], response


def record_keys(response_secret, request_hash):
    data = hkdf_expand(hkdf_extract(request_hash, response_secret), b"waxseal/1 record", 44)
    return data[:32], data[32:]


# Requests


def bucket(size):
    for small in (4, 8, 16, 32, 64):
        if size <= small * KIB:
            return small * KIB
    large = -(-size // (64 * KIB)) * 64 * KIB
    need(large <= MAX_PLAINTEXT, "too long")
    return large


def is_bucket(size):
    return 0 < size <= MAX_PLAINTEXT and bucket(size) == size


def record_count(mode, least, most):
    for count in STEADY if mode == "steady" else BLOCK:
        if least <= count <= most:
            return count
    return None


def seal_request(key, nonce, session_id, turn, enc, text):
    padded = bucket(4 + len(text))
    plaintext = (len(text).to_bytes(4, "big") + text).ljust(padded, b"\0")
    head = b"WXSQ\x01\0\0\0" + session_id + turn.to_bytes(4, "big") + (enc or b"")
    return head + ChaCha20Poly1305(key).encrypt(nonce, plaintext, lp("waxseal/1 request") + head)


def open_request(key, nonce, turn, body, most):
    need(HEADER_BYTES <= len(body) <= most, "length")
    need(body[:8] == b"WXSQ\x01\0\0\0", "magic")
    sent = int.from_bytes(body[24:28], "big")
    size = HEADER_BYTES + (ENC_BYTES if sent == 0 else 0)
    need(is_bucket(len(body) - size - 16), "length")
    need(sent == turn, "turn")
    try:
        plaintext = ChaCha20Poly1305(key).decrypt(nonce, body[size:], lp("waxseal/1 request") + body[:size])
    except InvalidTag as error:
        raise Refused("does not open") from error
    length = int.from_bytes(plaintext[:4], "big")
    need(4 + length <= len(plaintext) and bucket(4 + length) == len(plaintext), "padding length")
    need(not any(plaintext[4 + length :]), "padding")
    return plaintext[4 : 4 + length]


BODY_FIELDS = {
    "chat": (
        "model messages stream stream_options temperature top_p max_tokens max_completion_tokens "
        "stop seed n tools tool_choice parallel_tool_calls response_format"
    ).split(),
    "embeddings": ["model", "input", "encoding_format", "dimensions"],
    "models": [],
}


def parse_turn_request(text):
    value = parse_json(text, floats=True)
    need(_count(value) <= 65_536, "too many values")
    exact(value, ("op", "mode", "body"))
    need(value["op"] in BODY_FIELDS and value["mode"] in ("steady", "block"), "op or mode")
    need(value["mode"] == "block" or value["op"] == "chat", "steady is for chats")
    exact(value["body"], (), BODY_FIELDS[value["op"]])
    return value
