"""
A sealed chat with a running service: client.py URL PROMPT [--model ID] [--block] [--turns N] [--token TOKEN].

This is a test of the protocol, NOT a client to be used: of the attestation it checks one thing only, that the
REPORT_DATA field of the evidence is what the offer, the answer and the runtime statement make it. It verifies
no signature of any vendor and asks no log, so it proves nothing about who answers.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import contextlib
import http.client
import json
import os
import time
from urllib.parse import urlsplit

import hpke
import reply
import wire

# Where the 64 bytes lie: SNP attestation report, TDX quote (header of 48 bytes, then the body).
REPORT_DATA_AT = {1: 0x50, 0xF1: 0x50, 2: 48 + 520}
ANSWER_TIMEOUT_S = 15


class Failed(Exception):
    """The chat ends here; the message says why."""


@contextlib.contextmanager
def post(url, body, timeout, headers):
    """Gives the response, and the socket under it for further timeouts. Redirects are not followed."""
    address = urlsplit(url)
    secure = address.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(address.hostname, address.port, timeout=timeout)
    headers = {"content-type": "application/octet-stream", **headers}
    try:
        connection.connect()
        socket = connection.sock
        connection.request("POST", address.path, body, headers)
        response = connection.getresponse()
        if response.status != 200:
            raise Failed(f"status {response.status}")
        yield response, socket
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"cannot reach the service: {error}") from error
    finally:
        connection.close()


def check_binding(nonce, answer):
    kind = answer["evidenceType"]
    if kind not in REPORT_DATA_AT:
        raise Failed(f"evidence of type {kind} is not read here")
    leaf = wire.batch_leaf(nonce, answer["header"], answer["pk"])
    root = wire.fold(leaf, answer["slot"], answer["path"])
    at = REPORT_DATA_AT[kind]
    if answer["evidence"][at : at + 64] != wire.report_data(root, answer["statement"]):
        raise Failed("the evidence does not answer this offer")


class Session:
    def __init__(self, url, token):
        self.url = url.rstrip("/")
        nonce = os.urandom(32)
        offer = wire.make_offer(nonce)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with post(f"{self.url}/waxseal/v1/sessions", offer, ANSWER_TIMEOUT_S, headers) as (response, _):
            body = response.read(524_289)
        answer = wire.parse_answer(body)
        check_binding(nonce, answer)
        self.statement = wire.parse_statement(answer["statement"])
        self.header = wire.parse_header(answer["header"])
        self.id = bytes.fromhex(self.header["id"])
        info = wire.hpke_info(wire.transcript(offer, body))
        self.enc, chain_key = hpke.encapsulate(answer["pk"], info, os.urandom(64))
        self.chain = wire.Chain(chain_key)

    def turn(self, request, on_event):
        """Sends a request and gives the outcome; `on_event` is told what comes."""
        turn, mode = self.chain.turn, request["mode"]
        key, nonce, response_secret = self.chain.advance()
        text = json.dumps(request, ensure_ascii=False).encode()
        wire.parse_turn_request(text)
        body = wire.seal_request(key, nonce, self.id, turn, self.enc if turn == 0 else None, text)
        if len(body) > self.header["maxRequestBytes"]:
            raise Failed("the request is too long for this session")
        parameters, steady = self.statement["wire"], mode == "steady"
        parser = reply.Reply(
            wire.record_keys(response_secret, wire.sha256(body)),
            self.id,
            turn,
            parameters["recordBytes"] if steady else 4096,
            mode,
            parameters["maxRecords"] if steady else 2048,
            [m for m in self.statement["models"] if request["op"] == "models" or m["id"] == request["body"]["model"]],
        )
        url = f"{self.url}/waxseal/v1/turns/{self.id[:4].hex()}"
        waits, begun = reply.Waits(mode, len(body)), time.monotonic()
        with post(url, body, waits.until / 1000, {}) as (response, socket):
            waits.headers()
            while not parser.broken:
                before, at = parser.opened, 1000 * (time.monotonic() - begun)
                if at >= waits.until:
                    break
                socket.settimeout((waits.until - at) / 1000)
                try:
                    piece = response.read1(65_536)
                except TimeoutError:
                    break
                if not piece:
                    break
                for event in parser.push(piece):
                    on_event(event)
                if parser.opened > before:
                    waits.record(1000 * (time.monotonic() - begun))
        return parser.close()


def main():
    arguments = argparse.ArgumentParser(description="A sealed chat, without any check of who answers.")
    arguments.add_argument("url")
    arguments.add_argument("prompt")
    arguments.add_argument("--model")
    arguments.add_argument("--block", action="store_true", help="one padded block in place of a stream")
    arguments.add_argument("--turns", type=int, default=1, help="repeat the prompt in one session")
    arguments.add_argument("--max-tokens", type=int)
    arguments.add_argument("--token")
    options = arguments.parse_args()
    print("attestation is NOT verified by this client, except for the data binding", file=sys.stderr)
    try:
        session = Session(options.url, options.token)
        model = options.model or session.statement["models"][0]["id"]
        messages = []
        for _ in range(options.turns):
            messages.append({"role": "user", "content": options.prompt})
            text, result = [], []

            def on_event(event, text=text, result=result):
                if event["kind"] == "text":
                    text.append(event["text"])
                    print(event["text"], end="", flush=True)
                if event["kind"] == "result":
                    result.append(bytes.fromhex(event["bytes"]))

            body = {"model": model, "messages": messages}
            if options.max_tokens is not None:
                body["max_tokens"] = options.max_tokens
            mode = "block" if options.block else "steady"
            outcome = session.turn({"op": "chat", "mode": mode, "body": body}, on_event)
            if result:
                answer = wire.parse_json(b"".join(result), floats=True)
                text.append(answer["choices"][0]["message"]["content"])
                print(text[-1], end="")
            print()
            print(json.dumps(outcome), file=sys.stderr)
            if outcome["state"] != "complete":
                sys.exit(1)
            messages.append({"role": "assistant", "content": "".join(text)})
    except (Failed, wire.Refused, hpke.HpkeError) as error:
        sys.exit(f"client.py: {error}")


if __name__ == "__main__":
    main()
