# Runs a PostgreSQL of one test process: run.sh <bin> <dir> <port> <tls> <max_connections>. With a port it listens at
# 127.0.0.1, too, for roles with passwords; with "tls", there with TLS only, by a certificate for "localhost" of the
# authority <dir>/ca.crt. Says "ready" on its output, or what went wrong. Ends, and takes the folder away, when its input
# does, which is when the test process is gone, however it went.
bin=$1 dir=$2 data=$2/data log=$2/log port=$3 tls=$4 most=$5
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

set --
if [ -n "$port" ]; then
    set -- -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_permissions=0700
    [ -n "$tls" ] && kind=hostssl || kind=host
    echo "$kind all all 127.0.0.1/32 scram-sha-256" >>"$data/pg_hba.conf"
else
    set -- -c listen_addresses=
fi

if [ -n "$tls" ]; then
    cd "$dir" || fail "no folder"
    key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    {
        openssl req -x509 $key -days 2 -subj /CN=authority -keyout ca.key -out ca.crt &&
            openssl req $key -subj /CN=localhost -keyout server.key -out server.csr &&
            echo "subjectAltName=DNS:localhost" >server.ext &&
            openssl x509 -req -days 2 -CA ca.crt -CAkey ca.key -CAcreateserial -extfile server.ext \
                -in server.csr -out server.crt && chmod 0600 server.key
    } >"$log" 2>&1 || fail "openssl failed"
    set -- "$@" -c ssl=on -c ssl_cert_file="$dir/server.crt" -c ssl_key_file="$dir/server.key"
fi

# Nothing here has to survive a crash.
"$bin/postgres" -D "$data" -k "$dir" "$@" -c max_connections="$most" -c shared_buffers=32MB \
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
