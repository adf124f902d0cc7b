"""ML-KEM-768 after FIPS 203, for tests only: it is neither fast nor constant-time."""

import hashlib

Q = 3329
N = 256
K = 3
ETA = 2
DU = 10
DV = 4
EK_BYTES = 384 * K + 32
CT_BYTES = 32 * (DU * K + DV)


class KemError(Exception):
    """A key or a ciphertext that FIPS 203 section 7 refuses."""


def _reverse7(number):
    return int(f"{number:07b}"[::-1], 2)


ZETAS = [pow(17, _reverse7(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _reverse7(i) + 1, Q) for i in range(128)]


def _ntt(f):
    f = list(f)
    i, length = 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def _inverse_ntt(f):
    f = list(f)
    i, length = 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def _multiply(f, g):
    h = [0] * N
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h[2 * i] = (a0 * b0 + a1 * b1 * GAMMAS[i]) % Q
        h[2 * i + 1] = (a0 * b1 + a1 * b0) % Q
    return h


def _add(f, g):
    return [(a + b) % Q for a, b in zip(f, g)]


def _encode(f, bits):
    number = 0
    for i, value in enumerate(f):
        number |= value << (bits * i)
    return number.to_bytes(32 * bits, "little")


def _decode(data, bits):
    number = int.from_bytes(data, "little")
    mask = (1 << bits) - 1
    return [(number >> (bits * i)) & mask for i in range(N)]


def _compress(f, bits):
    return [((x << bits) + Q // 2) // Q % (1 << bits) for x in f]


def _decompress(f, bits):
    return [(x * Q + (1 << (bits - 1))) >> bits for x in f]


def _sample_ntt(seed):
    stream = hashlib.shake_128(seed).digest(168 * 16)
    out, at = [], 0
    while len(out) < N:
        if at + 3 > len(stream):
            stream = hashlib.shake_128(seed).digest(2 * len(stream))
        a, b, c = stream[at : at + 3]
        at += 3
        for value in (a + 256 * (b % 16), b // 16 + 16 * c):
            if value < Q and len(out) < N:
                out.append(value)
    return out


def _sample_cbd(seed, counter):
    data = hashlib.shake_256(seed + bytes([counter])).digest(64 * ETA)
    number = int.from_bytes(data, "little")
    out = []
    for i in range(N):
        four = (number >> (4 * i)) & 15
        out.append(((four & 1) + (four >> 1 & 1) - (four >> 2 & 1) - (four >> 3 & 1)) % Q)
    return out


def _matrix(rho):
    return [[_sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def _g(data):
    digest = hashlib.sha3_512(data).digest()
    return digest[:32], digest[32:]


def key_gen(d, z):
    """Encapsulation key (1184 bytes) and decapsulation key (2400) from two seeds of 32 bytes."""
    rho, sigma = _g(d + bytes([K]))
    a = _matrix(rho)
    s = [_ntt(_sample_cbd(sigma, i)) for i in range(K)]
    e = [_ntt(_sample_cbd(sigma, K + i)) for i in range(K)]
    t = []
    for i in range(K):
        row = e[i]
        for j in range(K):
            row = _add(row, _multiply(a[i][j], s[j]))
        t.append(row)
    ek = b"".join(_encode(f, 12) for f in t) + rho
    dk = b"".join(_encode(f, 12) for f in s)
    return ek, dk + ek + hashlib.sha3_256(ek).digest() + z


def _encrypt(ek, message, randomness):
    t = [_decode(ek[384 * i : 384 * (i + 1)], 12) for i in range(K)]
    a = _matrix(ek[384 * K :])
    y = [_ntt(_sample_cbd(randomness, i)) for i in range(K)]
    e1 = [_sample_cbd(randomness, K + i) for i in range(K)]
    e2 = _sample_cbd(randomness, 2 * K)
    c1 = b""
    for i in range(K):
        total = [0] * N
        for j in range(K):
            total = _add(total, _multiply(a[j][i], y[j]))
        c1 += _encode(_compress(_add(_inverse_ntt(total), e1[i]), DU), DU)
    total = [0] * N
    for j in range(K):
        total = _add(total, _multiply(t[j], y[j]))
    v = _add(_add(_inverse_ntt(total), e2), _decompress(_decode(message, 1), 1))
    return c1 + _encode(_compress(v, DV), DV)


def encapsulate(ek, message):
    """Shared secret and ciphertext (1088 bytes) for a message of 32 random bytes."""
    if len(ek) != EK_BYTES:
        raise KemError("length of the encapsulation key")
    for i in range(K):
        if any(x >= Q for x in _decode(ek[384 * i : 384 * (i + 1)], 12)):
            raise KemError("modulus of the encapsulation key")
    secret, randomness = _g(message + hashlib.sha3_256(ek).digest())
    return secret, _encrypt(ek, message, randomness)


def decapsulate(dk, ciphertext):
    """Shared secret; another one, and no error, for a ciphertext that was tampered with."""
    if len(ciphertext) != CT_BYTES:
        raise KemError("length of the ciphertext")
    s = [_decode(dk[384 * i : 384 * (i + 1)], 12) for i in range(K)]
    ek = dk[384 * K : 384 * K + EK_BYTES]
    digest, z = dk[-64:-32], dk[-32:]
    size = 32 * DU
    u = [_decompress(_decode(ciphertext[size * i : size * (i + 1)], DU), DU) for i in range(K)]
    v = _decompress(_decode(ciphertext[size * K :], DV), DV)
    total = [0] * N
    for i in range(K):
        total = _add(total, _multiply(s[i], _ntt(u[i])))
    w = [(a - b) % Q for a, b in zip(v, _inverse_ntt(total))]
    message = _encode(_compress(w, 1), 1)
    secret, randomness = _g(message + digest)
    if _encrypt(ek, message, randomness) == ciphertext:
        return secret
    return hashlib.shake_256(z + ciphertext).digest(32)
