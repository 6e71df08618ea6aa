# Runs a PostgreSQL of one test process: run.sh <bin> <dir>. Says "ready" on its output, or what went wrong. Ends, and
# takes the folder away, when its input does, which is when the test process is gone, however it went.
bin=$1 dir=$2 data=$2/data log=$2/log
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "$1:"
    tail -n 15 "$log"
    exit 1
}

"$bin/initdb" --pgdata="$data" --username=carrel --auth=trust --encoding=UTF8 --locale=C --no-sync >"$log" 2>&1 ||
    fail "initdb failed"

# Members of this role have to give a password, all others not: only this account reaches the socket.
printf '%s\n' 'local all +needs_password scram-sha-256' 'local all all trust' >"$data/pg_hba.conf"

# Nothing here has to survive a crash.
"$bin/postgres" -D "$data" -k "$dir" -c listen_addresses= -c max_connections=200 -c shared_buffers=32MB \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off >"$log" 2>&1 </dev/null &
server=$!

tries=0
until grep -qs '^ready' "$data/postmaster.pid"; do
    kill -0 "$server" 2>/dev/null || fail "postgres ended"
    tries=$((tries + 1))
    [ "$tries" -lt 1200 ] || fail "postgres is not ready after a minute"
    sleep 0.05
done
echo ready

read -r _
kill -QUIT "$server"
wait "$server"
