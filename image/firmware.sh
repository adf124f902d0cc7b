#!/usr/bin/env bash
# The firmware that measures a kernel on SEV-SNP: OVMF's AmdSev build, from Debian's source of edk2, at one fixed
# path, since the path shows in the bytes. Needs nasm, acpica-tools, uuid-dev, python3, gcc 12 and about 5 minutes.
#
#   npm run image:firmware -- [OUT]     writes firmware.fd (dist/image/firmware.fd unless named) if it is the
#                                       pinned one; MIRROR=URL names a Debian archive
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

ORIGINAL=pool/main/e/edk2/edk2_2025.02.orig.tar.xz
ORIGINAL_SHA256=b63b6053d6d89c74d9291f9e96fde1584be99e6fb9c169ba9511505129d6b049
DEBIAN=pool/main/e/edk2/edk2_2025.02-8+deb13u1.debian.tar.xz
DEBIAN_SHA256=e2a7f6fc58640818416a028d6d5e9dfc255697a7cdc60c14566c236df6bd9b08
FIRMWARE_SHA256=c1da483307f7d61f19eb78d6e949e149786f2853e7f0d137482dd3be13c64165

root=$(cd "$(dirname "$0")/.." && pwd)
out=$(realpath -m "${1:-$root/dist/image/firmware.fd}")
cache=$root/dist/image/inputs
mkdir -p "$cache" "$(dirname "$out")"

for tool in nasm iasl gcc g++ make python3 xz patch curl; do
  command -v "$tool" >/dev/null || { echo "image:firmware needs $tool" >&2; exit 1; }
done

fetch() {
  local file=$cache/$2.tar.xz
  if [ ! -f "$file" ]; then
    local mirror
    for mirror in ${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | sort -u)}; do
      if curl -fsSL -o "$file.new" "${mirror%/}/$1" 2>/dev/null; then mv "$file.new" "$file"; break; fi
    done
  fi
  [ -f "$file" ] || { echo "$1 could not be fetched; MIRROR=URL names an archive that has it" >&2; exit 1; }
  echo "$2  $file" | sha256sum --check --quiet - || { rm -f "$file"; exit 1; }
}
fetch "$ORIGINAL" "$ORIGINAL_SHA256"
fetch "$DEBIAN" "$DEBIAN_SHA256"

# Every build is at this path. A folder of another user is not touched.
work=/var/tmp/waxseal-edk2
[ ! -e "$work" ] || [ -O "$work" ] || { echo "$work is somebody else's" >&2; exit 1; }
rm -rf "$work"
mkdir -m 700 "$work"
trap 'rm -rf "$work"' EXIT
tar -xJf "$cache/$ORIGINAL_SHA256.tar.xz" -C "$work" --strip-components=1
tar -xJf "$cache/$DEBIAN_SHA256.tar.xz" -C "$work"
cd "$work"
while read -r name; do
  case $name in ''|'#'*) continue ;; esac
  patch -s -p1 <"debian/patches/$name"
done <debian/patches/series

# No boot loader in the firmware: it starts the kernel that it was given the hashes of, and nothing else.
touch OvmfPkg/AmdSev/Grub/grub.efi
export PYTHON_COMMAND=python3 WORKSPACE=$work
quietly() {
  "$@" >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; exit 1; }
}
quietly make -s -C BaseTools
set +u
. ./edksetup.sh >/dev/null
set -u
quietly build -q -a X64 -t GCC -b RELEASE -n "$(nproc)" -p OvmfPkg/AmdSev/AmdSevX64.dsc
made=$(find Build/AmdSev -name OVMF.fd)
found=$(sha256sum "$made" | cut -d' ' -f1)
if [ "$found" != "$FIRMWARE_SHA256" ]; then
  echo "Made SHA-256 $found, pinned $FIRMWARE_SHA256. The pinned one was made with gcc 12 of Debian 12." >&2
  exit 1
fi
cp "$made" "$out"
echo "$out"
echo "SHA-256 $found, as pinned"
