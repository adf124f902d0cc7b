"""Replies of protocol waxseal/1, as a client reads them (wire-format.md B7 and B8)."""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from wire import Refused, exact, is_hex32, is_int, lp, need, parse_json, record_count

TYPES = ("pad", "data", "end", "err", "fin")
ERRORS = {
    1: "busy",
    2: "bad-request",
    3: "too-long",
    4: "model-unknown",
    5: "engine-failed",
    6: "parameter-refused",
    7: "session-over",
}


class Violation(Refused):
    """An authentic record where none of its kind may be."""


def open_record(key, nonce, session_id, turn, number, record):
    counter = number.to_bytes(4, "big")
    mixed = nonce[:8] + bytes(a ^ b for a, b in zip(nonce[8:], counter))
    aad = lp("waxseal/1 record") + session_id + turn.to_bytes(4, "big") + counter
    try:
        inner = ChaCha20Poly1305(key).decrypt(mixed, record, aad)
    except InvalidTag as error:
        raise Refused("record does not open") from error
    kind, length = inner[0], int.from_bytes(inner[1:3], "big")
    need(kind < len(TYPES) and 3 + length <= len(inner), "record")
    need(not any(inner[3 + length :]), "record padding")
    name = TYPES[kind]
    fits = length >= 1 if name == "data" else length == (4 if name == "err" else 0)
    need(fits, "payload of the record")
    return name, inner[3 : 3 + length]


def _text(payload):
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("text") from error


def _tool_call(payload):
    call = parse_json(payload)
    exact(call, ("index",), ("id", "name", "arguments"))
    need(is_int(call["index"], 0), "index")
    need(all(isinstance(call.get(key, ""), str) for key in ("id", "name", "arguments")), "tool call")
    return call


def _summary(payload):
    summary = parse_json(payload)
    exact(summary, ("finish_reason", "model", "modelSha256", "usage"))
    need(summary["finish_reason"] in ("stop", "length", "tool_calls"), "reason")
    need(isinstance(summary["model"], str) and is_hex32(summary["modelSha256"]), "model")
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    exact(summary["usage"], counts)
    need(all(is_int(summary["usage"][key], 0) for key in counts), "usage")
    return summary


def parse_event(kind, payload):
    if kind in (1, 2):
        return {"kind": "text" if kind == 1 else "reasoning", "text": _text(payload)}
    if kind == 3:
        return {"kind": "tool-call", "call": _tool_call(payload)}
    if kind == 4:
        return {"kind": "result", "bytes": payload.hex()}
    need(kind == 5, "kind of event")
    return {"kind": "summary", "summary": _summary(payload)}


class Events:
    """The event stream, in any pieces."""

    def __init__(self):
        self.held, self.summary = b"", None

    def push(self, data):
        self.held += data
        events = []
        while len(self.held) >= 3:
            end = 3 + int.from_bytes(self.held[1:3], "big")
            if len(self.held) < end:
                break
            need(self.summary is None, "after the summary")
            event = parse_event(self.held[0], self.held[3:end])
            self.summary = event.get("summary")
            self.held = self.held[end:]
            events.append(event)
        need(self.summary is None or not self.held, "after the summary")
        return events

    def finish(self):
        need(not self.held and self.summary is not None, "end of the events")
        return self.summary


class Reply:
    """Takes the response body in any pieces; `close` says what became of the turn."""

    def __init__(self, keys, session_id, turn, record_bytes, mode, max_records, models):
        self.key, self.nonce = keys
        self.id, self.turn, self.size = session_id, turn, record_bytes
        self.mode, self.most, self.models = mode, max_records, models
        self.held, self.count, self.total = b"", 0, None
        self.opened, self.digest = 0, hashlib.sha256()
        self.events, self.ending, self.finished, self.broken = Events(), None, False, False

    def push(self, data):
        if self.broken:
            return []
        self.held += data
        out = []
        try:
            while len(self.held) >= self.size and not self.finished:
                record, self.held = self.held[: self.size], self.held[self.size :]
                out += self._record(record)
            if self.finished and self.held:
                raise Violation("bytes after FIN")
        except Violation:
            self.broken, self.ending = True, None
        except Refused:
            self.broken = True
        return out

    def _plan(self, count):
        total = record_count(self.mode, count + 1, self.most)
        need(total is not None, "too many records")
        return total

    def _record(self, record):
        name, payload = open_record(self.key, self.nonce, self.id, self.turn, self.count, record)
        self.count += 1
        self.opened += 1
        self.digest.update(record)
        if self.ending is not None:
            if name in ("data", "end", "err"):
                raise Violation("content after its end")
            need((name == "fin") == (self.count == self.total), "place of FIN")
            self.finished = name == "fin"
            return []
        need(name != "fin", "FIN without END")
        if name in ("pad", "data"):
            self._plan(self.count + 1)
            events = self.events.push(payload) if name == "data" else []
            for event in events:
                if event["kind"] == "summary":
                    said = event["summary"]["model"], event["summary"]["modelSha256"]
                    need(said in [(model["id"], model["sha256"]) for model in self.models], "model")
            return events
        if name == "end":
            ending = {"state": "complete", "summary": self.events.finish()}
        else:
            code = int.from_bytes(payload[:2], "big")
            need(code in ERRORS, "error code")
            retry = int.from_bytes(payload[2:], "big")
            ending = {"state": "failed", "error": ERRORS[code], "retryAfterS": retry}
        self.total = self._plan(self.count)
        self.ending = ending
        return []

    def close(self):
        if self.ending is None:
            return {"state": "cut-off", "session": "dropped"}
        kept = self.finished and self.ending.get("error") != "session-over"
        return {**self.ending, "session": "kept" if kept else "dropped"}


class Waits:
    """Until when a client waits for the rest of a reply, in milliseconds from the beginning of its request."""

    def __init__(self, mode, request_bytes):
        self.mode = mode
        self.until = 10_000 + 1000 * request_bytes / 32_768

    def _move(self, until):
        self.until = min(3_600_000, until)

    def headers(self):
        # A stream shows by its first record that it was accepted, and a block by its headers.
        if self.mode == "block":
            self._move(3_600_000)

    def record(self, at):
        """To be called for records that open, and for nothing less."""
        self._move(at + 30_000)
