"""Measures the folder of a guest image (docs/rebuild.md), sharing no line with the TypeScript.

Usage: measure.py FOLDER    prints the measurements object of a release as JSON
"""
import hashlib
import json
import struct
import sys
import uuid
from pathlib import Path

Z48 = bytes(48)


def sha256(data):
    return hashlib.sha256(data).digest()


def sha384(data):
    return hashlib.sha384(data).digest()


def guid(text):
    return uuid.UUID(text).bytes_le


def footer(firmware):
    """Entries of the table of GUIDs at the end of OVMF, by GUID."""
    end = len(firmware) - 50
    size, name = struct.unpack_from("<H16s", firmware, end)
    assert name == guid("96b582de-1fb2-45f7-baea-a366c55a082d")
    table, entries = firmware[end + 18 - size : end], {}
    while table:
        length, name = struct.unpack("<H16s", table[-18:])
        entries[name] = table[len(table) - length : -18]
        table = table[: len(table) - length]
    return entries


def launch_digest(image, shape):
    firmware, entries = image["firmware.fd"], footer(image["firmware.fd"])
    digest = Z48

    def update(kind, address, contents=Z48):
        nonlocal digest
        digest = sha384(digest + contents + struct.pack("<HBBBBBBQ", 0x70, kind, 0, 0, 0, 0, 0, address))

    for offset in range(0, len(firmware), 4096):
        update(1, 2**32 - len(firmware) + offset, sha384(firmware[offset : offset + 4096]))
    (hash_table,) = struct.unpack_from("<I", entries[guid("7255371f-3a3b-4b04-927b-1da6efa8d454")])
    (distance,) = struct.unpack("<I", entries[guid("dc886566-984a-4798-a75e-5585a7bf67cc")])
    at = len(firmware) - distance
    (count,) = struct.unpack_from("<I", firmware, at + 12)
    for index in range(count):
        address, size, kind = struct.unpack_from("<III", firmware, at + 16 + 12 * index)
        if kind == 0x10:
            page = bytearray(4096)
            rows = [
                ("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", sha256(image["cmdline"] + b"\0")),
                ("44baf731-3a2f-4bd7-9af1-41e29169781d", sha256(image["initramfs"])),
                ("4de79437-abd2-427f-b835-d5b172d2045b", sha256(image["kernel"])),
            ]
            table = guid("9438d606-4f22-4cc9-b479-a793d411fd21") + struct.pack("<H", 168)
            table += b"".join(guid(name) + struct.pack("<H", 50) + value for name, value in rows)
            page[hash_table % 4096 : hash_table % 4096 + len(table)] = table
            update(1, address, sha384(bytes(page)))
            continue
        page_kind = {1: 3, 2: 5, 3: 6, 4: 3}[kind]
        for offset in range(0, size if kind in (1, 4) else 4096, 4096):
            update(page_kind, address + offset)
    (reset,) = struct.unpack("<I", entries[guid("00f771de-1a7e-4fcb-890e-68c77e2fb44e")])
    for index in range(shape["vcpus"]):
        update(2, 0xFFFFFFFFF000, sha384(vmsa(shape, 0xFFFFFFF0 if index == 0 else reset)))
    return digest


def vmsa(shape, eip):
    types = {"Rome": (23, 49, 0), "Milan": (25, 1, 1), "Genoa": (25, 17, 0), "Turin": (26, 0, 0)}
    # The first EPYC, in its versions, has no name of its own.
    family, model, stepping = types.get(shape["vcpuType"].removeprefix("EPYC-"), (23, 1, 2))
    page = bytearray(4096)

    def segment(at, selector, attributes, base=0):
        struct.pack_into("<HHIQ", page, at, selector, attributes, 0xFFFF, base)

    for at in (0x00, 0x20, 0x30, 0x40, 0x50):
        segment(at, 0, 0x93)
    segment(0x10, 0xF000, 0x9B, eip & 0xFFFF0000)
    for at, attributes in ((0x60, 0), (0x70, 0x82), (0x80, 0), (0x90, 0x8B)):
        segment(at, 0, attributes)
    signature = ((family - 15) << 20) | ((model >> 4) << 16) | 0xF00 | ((model & 15) << 4) | stepping
    for at, value in (
        (0xD0, 0x1000), (0x148, 0x40), (0x158, 0x10), (0x160, 0x400), (0x168, 0xFFFF0FF0), (0x170, 2),
        (0x178, eip & 0xFFFF), (0x268, 0x0007040600070406), (0x310, signature),
        (0x3B0, shape["guestFeatures"]), (0x3E8, 1),
    ):
        struct.pack_into("<Q", page, at, value)
    struct.pack_into("<I", page, 0x408, 0x1F80)
    struct.pack_into("<H", page, 0x410, 0x37F)
    return bytes(page)


def tdvf(firmware):
    (distance,) = struct.unpack("<I", footer(firmware)[guid("e47a6535-984a-4798-865e-4685a7bf8ec2")])
    at = len(firmware) - distance
    magic, _, version, count = struct.unpack_from("<4sIII", firmware, at)
    assert (magic, version) == (b"TDVF", 1)
    return [struct.unpack_from("<IIQQII", firmware, at + 16 + 32 * index) for index in range(count)]


def mrtd(firmware, order):
    register = hashlib.sha384()
    for offset, raw, address, size, _, attributes in tdvf(firmware):
        data = firmware[offset : offset + raw].ljust(size, b"\0")

        def add(page):
            if not attributes & 2:
                register.update(struct.pack("<16sQ104x", b"MEM.PAGE.ADD", address + page))

        def extend(page):
            for chunk in range(page, page + 4096, 256) if attributes & 1 else ():
                register.update(struct.pack("<16sQ104x", b"MR.EXTEND", address + chunk) + data[chunk : chunk + 256])

        pages = range(0, size, 4096)
        steps = [(add, page) for page in pages] + [(extend, page) for page in pages]
        if order == "single-pass":
            steps = [(step, page) for page in pages for step in (add, extend)]
        for step, page in steps:
            step(page)
    return register.digest()


def hand_off_list(firmware, memory):
    sections = sorted((s[2], s[3], s[4]) for s in tdvf(firmware) if s[4] in (2, 3))
    (home,) = [address for address, _, kind in sections if kind == 2]
    low = 0x80000000 if memory >= 0xB0000000 else memory
    ranges, at = [], 0
    for address, size, _ in sections:
        if address > at:
            ranges.append((7, at, address - at))
        ranges.append((0, address, size))
        at = address + size
    ranges.append((7, at, low - at))
    if memory > low:
        ranges.append((7, 2**32, memory - low))
    rows = b"".join(struct.pack("<HHI16xIIQQ", 3, 48, 0, kind, 7, start, size) for kind, start, size in ranges)
    return struct.pack("<HHII36xQ", 1, 56, 0, 9, home + 56 + len(rows) + 8) + rows


def pe_hash(file):
    (header,) = struct.unpack_from("<I", file, 0x3C)
    count, optional_size = struct.unpack_from("<H12xH", file, header + 6)
    optional = header + 24
    (headers,) = struct.unpack_from("<I", file, optional + 60)
    (signature,) = struct.unpack_from("<I", file, optional + 148)
    text = file[: optional + 64] + file[optional + 68 : optional + 144] + file[optional + 152 : headers]
    summed = headers
    sections = [struct.unpack_from("<II", file, optional + optional_size + 40 * i + 16) for i in range(count)]
    for size, place in sorted(sections, key=lambda section: section[1]):
        text += file[place : place + size]
        summed += size
    text += file[summed : len(file) - signature]
    return sha384(text + bytes(-len(file) % 8))


def rtmrs(image, shape):
    firmware, said = image["firmware.fd"], lambda text: sha384(text.encode())
    (variables,) = [firmware[s[0] : s[0] + s[1]] for s in tdvf(firmware) if s[4] == 1]
    no_guid, db_guid = "8be4df61-93ca-11d2-aa0d-00e098032b8c", "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
    empty = lambda owner, name: sha384(guid(owner) + struct.pack("<QQ", len(name), 0) + name.encode("utf-16le"))
    option = struct.pack("<IH", 0x109, 44) + "UiApp\0".encode("utf-16le")
    option += bytes.fromhex("04071400") + guid("7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1")
    option += bytes.fromhex("04061400") + guid("462caa21-7614-4503-836e-8ab6f4662331") + bytes.fromhex("7fff0400")
    acpi = [bytes.fromhex(shape["acpi"][name]) for name in ("loader", "rsdp", "tables")]
    line = (image["cmdline"].decode() + " initrd=initrd\0").encode("utf-16le")
    events = [
        [
            sha384(hand_off_list(firmware, shape["memoryBytes"])),
            sha384(variables),
            *[empty(no_guid, name) for name in ("SecureBoot", "PK", "KEK")],
            *[empty(db_guid, name) for name in ("db", "dbx")],
            sha384(bytes(4)),
            *acpi,
            sha384(bytes(2)),
            sha384(option),
        ],
        [
            pe_hash(image["kernel"]),
            said("Calling EFI Application from Boot Option"),
            sha384(bytes(4)),
            said("Exit Boot Services Invocation"),
            said("Exit Boot Services Returned with Success"),
        ],
        [sha384(line), sha384(image["initramfs"])],
        [],
    ]
    for digests in events:
        register = Z48
        for digest in digests:
            register = sha384(register + digest)
        yield register


def pcrs(eif):
    (count,) = struct.unpack_from(">H", eif, 26)
    offsets = struct.unpack_from(f">{count}Q", eif, 28)
    parts = {}
    for offset in offsets:
        kind, _, size = struct.unpack_from(">HHQ", eif, offset)
        parts.setdefault(kind, []).append(eif[offset + 12 : offset + 12 + size])
    boot, (first, *more) = parts[1][0] + parts[2][0], parts[3]
    for text in (boot + first + b"".join(more), boot + first, b"".join(more)):
        yield sha384(Z48 + sha384(text))


def measure(folder):
    image = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}
    measurements = {}
    firmware = {sha256(data).hex(): data for name, data in image.items() if name.endswith(".fd")}
    common = dict(image)
    for shape in json.loads(image["shapes.json"])["shapes"]:
        image = dict(common, cmdline=common.get("cmdline." + shape["platform"], common.get("cmdline")))
        if "firmware" in shape:
            image["firmware.fd"] = firmware[shape["firmware"]]
        if shape["platform"] == "sev-snp":
            registers = {"launchDigest": launch_digest(image, shape)}
        elif shape["platform"] == "tdx":
            registers = {"mrtd": mrtd(image["firmware.fd"], shape["pageOrder"])}
            registers |= {f"rtmr{index}": value for index, value in enumerate(rtmrs(image, shape))}
        else:
            registers = {f"pcr{index}": value for index, value in enumerate(pcrs(image["image.eif"]))}
        row = {"shape": shape["shape"]} | {name: value.hex() for name, value in registers.items()}
        measurements.setdefault(shape["platform"], []).append(row)
    return measurements


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1]), indent=2))
