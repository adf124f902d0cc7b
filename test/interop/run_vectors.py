"""Runs the session vectors against this implementation: run_vectors.py [folder]. Prints one line per file."""

import sys

sys.dont_write_bytecode = True

import json
import pathlib

import hpke
import reply
import wire

REFUSALS = (wire.Refused, hpke.HpkeError)


def data(value):
    if isinstance(value, str):
        return bytes.fromhex(value)
    out = b""
    for piece in value:
        if isinstance(piece, str):
            out += bytes.fromhex(piece)
        elif "text" in piece:
            out += piece["text"].encode()
        else:
            out += bytes.fromhex(piece["repeat"]) * piece["count"]
    return out


def turn_keys(case):
    chain = wire.Chain(data(case["chainKey"]))
    for _ in range(case["turn"]):
        chain.advance()
    return chain.advance()


def offer(case):
    nonce = wire.parse_offer(data(case["body"]))
    assert wire.make_offer(nonce) == data(case["body"])
    return {"nonce": nonce.hex()}


def answer(case):
    parsed = wire.parse_answer(data(case["body"]))
    out = {}
    for key, value in parsed.items():
        out[key] = value.hex() if isinstance(value, bytes) else value
    for key in ("path", "endorsements"):
        out[key] = [item.hex() for item in out[key]]
    if out["staple"]:
        out["staple"] = {"entry": out["staple"]["entry"].hex(), "proof": out["staple"]["proof"]}
    return {"answer": out}


def batch(case):
    if "path" in case:
        path = [data(item) for item in case["path"]]
        return {"root": wire.fold(data(case["leaf"]), case["slot"], path).hex()}
    if "root" in case:
        return {"reportData": wire.report_data(data(case["root"]), data(case["statement"])).hex()}
    return {"leaf": wire.batch_leaf(data(case["nonce"]), data(case["header"]), data(case["pk"])).hex()}


def transcript(case):
    value = wire.transcript(data(case["offer"]), data(case["answer"]))
    return {"transcript": value.hex(), "info": wire.hpke_info(value).hex()}


def key_exchange(case):
    out = {}
    if "coins" in case or "enc" not in case:
        coins = data(case.get("coins", "01" * 64))
        enc, chain_key = hpke.encapsulate(data(case["pk"]), data(case["info"]), coins)
        out = {"enc": enc.hex(), "chainKey": chain_key.hex()}
    if "enc" in case:
        seed = data(case["seed"])
        chain_key = hpke.decapsulate(seed, data(case["enc"]), data(case["info"])).hex()
        assert out.get("chainKey", chain_key) == chain_key
        out = {**out, "chainKey": chain_key}
        if "pk" in case:
            out["pk"] = hpke.public_key(seed).hex()
    return out


def keys(case):
    key, nonce, response = turn_keys(case)
    record_key, record_nonce = wire.record_keys(response, data(case["requestHash"]))
    return {
        "requestKey": key.hex(),
        "requestNonce": nonce.hex(),
        "responseSecret": response.hex(),
        "recordKey": record_key.hex(),
        "recordNonce": record_nonce.hex(),
    }


def request(case):
    key, nonce, _ = turn_keys(case)
    text = wire.open_request(key, nonce, case["turn"], data(case["body"]), case["maxRequestBytes"])
    assert text == data(case["json"])
    enc = data(case["enc"]) if case["enc"] else None
    return {"body": wire.seal_request(key, nonce, data(case["id"]), case["turn"], enc, text).hex()}


def record(case):
    body = data(case["record"])
    wire.need(len(body) == case["recordBytes"], "length")
    name, payload = reply.open_record(
        data(case["key"]), data(case["nonce"]), data(case["id"]), case["turn"], case["sequence"], body
    )
    return {"type": name, "payload": payload.hex()}


def events(case):
    parser = reply.Events()
    seen = parser.push(data(case["stream"]))
    parser.finish()
    return {"events": seen}


def sizes(case):
    if "bytes" in case:
        return {"bucket": wire.bucket(case["bytes"])}
    if "length" in case:
        return {"isBucket": wire.is_bucket(case["length"])}
    return {"records": wire.record_count(case["mode"], case["least"], case["most"])}


def replies(case):
    parser = reply.Reply(
        (data(case["key"]), data(case["nonce"])),
        data(case["id"]),
        case["turn"],
        case["recordBytes"],
        case["mode"],
        case["maxRecords"],
        case["models"],
    )
    text = ""
    body = data(case["body"])
    for at in range(0, len(body), 100):
        text += "".join(e["text"] for e in parser.push(body[at : at + 100]) if e["kind"] == "text")
    return {
        "text": text,
        "records": parser.opened,
        "recordsSha256": parser.digest.hexdigest(),
        "outcome": parser.close(),
    }


def waits(case):
    seen = []
    for one in case["seen"]:
        for time in range(one.get("count", 1)):
            seen.append((one["at"] + time * one.get("every", 0), one["what"]))
    wait = reply.Waits(case["mode"], case["requestBytes"])
    accepted = False
    for at, what in sorted(seen):
        if at >= wait.until:
            break
        if not accepted:
            wait.headers()
            accepted = True
        if what == "record":
            wait.record(at)
        if what == "forged":
            return {"endsAt": at}
    return {"endsAt": wait.until}


def session(case):
    offer_body, answer_body = data(case["offer"]), data(case["answer"])
    parsed = wire.parse_answer(answer_body)
    statement = wire.parse_statement(parsed["statement"])
    header = wire.parse_header(parsed["header"])
    leaf = wire.batch_leaf(wire.parse_offer(offer_body), parsed["header"], parsed["pk"])
    root = wire.fold(leaf, parsed["slot"], parsed["path"])
    value = wire.transcript(offer_body, answer_body)
    info = wire.hpke_info(value)
    enc, chain_key = hpke.encapsulate(parsed["pk"], info, data(case["coins"]))
    assert hpke.decapsulate(data(case["seed"]), enc, info) == chain_key
    chain = wire.Chain(chain_key)
    for turn in case["turns"]:
        key, nonce, response = chain.advance()
        body = data(turn["body"])
        text = wire.open_request(key, nonce, turn["turn"], body, header["maxRequestBytes"])
        assert wire.parse_turn_request(text) == turn["request"]
        steady = turn["mode"] == "steady"
        parser = reply.Reply(
            wire.record_keys(response, wire.sha256(body)),
            bytes.fromhex(header["id"]),
            turn["turn"],
            statement["wire"]["recordBytes"] if steady else 4096,
            turn["mode"],
            statement["wire"]["maxRecords"] if steady else 2048,
            statement["models"],
        )
        kinds = [event["kind"] for event in parser.push(data(turn["response"]))]
        assert kinds == ["text" if steady else "result", "summary"]
        assert parser.close()["session"] == "kept"
    return {
        "reportData": wire.report_data(root, parsed["statement"]).hex(),
        "transcript": value.hex(),
        "enc": enc.hex(),
        "chainKey": chain_key.hex(),
    }


STEPS = {
    "offer": offer,
    "header": lambda case: {"header": wire.parse_header(data(case["bytes"]))},
    "answer": answer,
    "statement": lambda case: {"statement": wire.parse_statement(data(case["bytes"]))},
    "batch": batch,
    "transcript": transcript,
    "hpke": key_exchange,
    "keys": keys,
    "request": request,
    "record": record,
    "events": events,
    "sizes": sizes,
    "turn-request": lambda case: {"request": wire.parse_turn_request(data(case["json"]))},
    "reply": replies,
    "waits": waits,
    "session": session,
}


def run(case, step):
    try:
        result = step(case)
    except REFUSALS as error:
        return None if "refused" in case else f"refused: {error}"
    if "refused" in case:
        return "not refused"
    for key, value in result.items():
        if case[key] != value:
            return f"another {key}"
    return None


def main():
    here = pathlib.Path(__file__).parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "vectors" / "session"
    failed = 0
    files = sorted(folder.glob("*.json"))
    for file in files:
        content = json.loads(file.read_text())
        bad = []
        for case in content["cases"]:
            problem = run(case, STEPS[content["step"]])
            if problem is not None:
                bad.append(f"  {case['name']}: {problem}")
        print(f"{file.name}: {len(content['cases']) - len(bad)} of {len(content['cases'])} cases")
        print("\n".join(bad), end="\n" if bad else "")
        failed += len(bad)
    if failed or not files:
        sys.exit(1)


if __name__ == "__main__":
    main()
