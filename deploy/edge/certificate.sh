#!/bin/sh
# Writes a self-signed certificate for a first start, unless one lies there: certificate.sh FOLDER DOMAIN
#
# OWNER, where it is set, is the user id that nginx runs as, for the key is readable by that one only.
set -eu

folder=$1
domain=$2

# In a folder that it may not look into, every file would seem to be missing.
ls "$folder" >/dev/null
if [ -e "$folder/fullchain.pem" ] || [ -e "$folder/privkey.pem" ]; then
  echo "$folder holds a certificate already."
  exit 0
fi
umask 077
names="DNS:$domain,DNS:registry.$domain,DNS:meetings.$domain,DNS:notifications.$domain"
said=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
  -subj "/CN=$domain" -addext "subjectAltName=$names" -addext "extendedKeyUsage=serverAuth" \
  -keyout "$folder/privkey.new" -out "$folder/fullchain.new" 2>&1) || { echo "$said" >&2; exit 1; }
chmod 644 "$folder/fullchain.new"
[ -z "${OWNER:-}" ] || chown "$OWNER" "$folder/fullchain.new" "$folder/privkey.new"
mv "$folder/privkey.new" "$folder/privkey.pem"
mv "$folder/fullchain.new" "$folder/fullchain.pem"
echo "Wrote a self-signed certificate for $domain to $folder; put a real one there before others use it."
