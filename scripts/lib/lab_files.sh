# The files of the lab: its folder, the settings of every part, secrets, the deployed shop.
#
# Everything lies below one folder with a marker in it; nothing without the marker is ever removed.
# Needs say.sh and the variables that scripts/lab sets (LAB, REPOSITORY, *_PORT).
# Sourced, never run.
# shellcheck shell=bash

LAB_MARKER=.bitville-lab

lab_make_folders() {
    local above
    above=$(dirname "$LAB")
    mkdir -p "$above"
    # Said here, because PostgreSQL and nginx would only say "permission denied" later.
    setpriv --reuid=www-data --regid=www-data --clear-groups test -x "$above" ||
        die "$above must be open (chmod o+x) to postgres and www-data, and so must what is above it"
    # Not -p: making the folder is also the lock against a second "up".
    mkdir "$LAB" 2>/dev/null || die "$LAB exists and is not a lab; name another with BITVILLE_LAB_DIR"
    touch "$LAB/$LAB_MARKER"
    chmod 755 "$LAB"
    mkdir "$LAB"/{pids,log,run,etc,secrets,journal,store,php,tmp}
    chmod 700 "$LAB/secrets" "$LAB/tmp"
    # nginx's workers spool here, and PHP writes its trace file.
    mkdir "$LAB/tmp-nginx" "$LAB/run/postgres" "$LAB/log/postgres" "$LAB/postgres"
    mkdir "$LAB/php/cache" "$LAB/php/sessions"
    chmod 700 "$LAB/php/sessions"
    chown www-data:www-data "$LAB/tmp-nginx" "$LAB/php" "$LAB/php/cache" "$LAB/php/sessions"
    chown postgres:postgres "$LAB/run/postgres" "$LAB/log/postgres" "$LAB/postgres"
    chmod 700 "$LAB/postgres"
}

# lab_deploy: a copy of the shop and the listener, because www-data may not read the repository.
lab_deploy() {
    mkdir "$LAB/app"
    cp -R "$REPOSITORY/php/." "$LAB/app/"
    mkdir "$LAB/app/lab/messages"
    local language
    for language in en de fr it es pl nl sv; do
        lab_messages "$language" >"$LAB/app/lab/messages/$language.php"
    done
    # What the slow service answers, at the speed that it has below: four seconds.
    printf 'nothing new %.0s' {1..267} >"$LAB/etc/outside.txt"
    chmod -R u=rwX,go=rX "$LAB/app"
}

# lab_messages LANGUAGE: prints a file of the shop's texts, of the size that a real shop's have.
lab_messages() {
    awk -v language="$1" 'BEGIN {
        print "<?php return ["
        print "\047catalogue\047 => \047Catalogue\047, \047cart\047 => \047Cart\047,"
        for (n = 0; n < 20000; n++) printf "\047text.%d\047 => \047text %d in %s\047,\n", n, n, language
        print "];"
    }'
}

# lab_secret NAME: prints a random password, and keeps it in a file only root can read.
lab_secret() {
    local file=$LAB/secrets/$1
    [[ -e $file ]] || (umask 077 && head -c 24 /dev/urandom | base64 | tr -d '+/=\n' >"$file")
    cat "$file"
}

lab_write_settings() {
    cat >"$LAB/settings.ini" <<INI
; Written by scripts/lab for one lab; config/settings.ini explains every key.
[project]
name = shop
host = web1

[php]
enabled = on
threshold = 500ms
profile = auto
socket = $LAB/run/collector.sock
udp = 127.0.0.1:$INGEST_PORT
spool_dir = $LAB/run/spool
trace_file = $LAB/php/trace.log

[collector]
role = web
socket = $LAB/run/collector.sock
socket_mode = 0660
socket_group = www-data
; The number is free for UDP where it is for TCP.
udp = 127.0.0.1:$INGEST_PORT
spool_dir = $LAB/run/spool
journal_dir = $LAB/journal/collector
journal_memory = 32MiB
journal_disk = 1GiB
fsync_interval = 1s
host_metrics = on
; Every second instead of every ten: a lab spike is over in half a minute.
host_metrics_interval = 1s
fpm_status = $LAB/run/php-fpm.sock:/fpm-status
fpm_slowlog = $LAB/log/php-fpm.slow.log
health_listen = 127.0.0.1:$HEALTH_PORT

[uplink]
url = http://127.0.0.1:$INGEST_PORT
token_file = $LAB/secrets/ingest.token
batch_interval = 1s

[store]
ingest_listen = 127.0.0.1:$INGEST_PORT
query_listen = 127.0.0.1:$QUERY_PORT
data_dir = $LAB/store
retention = 7d

[pgagent]
dsn = "host=127.0.0.1 port=$POSTGRES_PORT user=pgagent dbname=shop"
password_file = $LAB/secrets/pgagent.password
host = db1
journal_dir = $LAB/journal/pgagent
interval = 1s
application_name_prefix = "bv:"
host_metrics = on
host_metrics_interval = 1s

[tui]
url = http://127.0.0.1:$QUERY_PORT
token_file = $LAB/secrets/read.token
INI
    # PHP reads it as www-data; it names secrets' files, but holds none.
    chmod 644 "$LAB/settings.ini"
}

lab_write_nginx() {
    cat >"$LAB/etc/nginx.conf" <<CONF
daemon off;
user www-data;
worker_processes 1;
pid $LAB/run/nginx.pid;
error_log $LAB/log/nginx.log warn;
events { worker_connections 512; }
http {
    log_format lab '\$time_iso8601 \$request_method \$request_uri \$status \$request_time';
    access_log $LAB/log/access.log lab;
    client_body_temp_path $LAB/tmp-nginx/body;
    fastcgi_temp_path $LAB/tmp-nginx/fastcgi;
    proxy_temp_path $LAB/tmp-nginx/proxy;
    scgi_temp_path $LAB/tmp-nginx/scgi;
    uwsgi_temp_path $LAB/tmp-nginx/uwsgi;
    server {
        listen 127.0.0.1:$NGINX_PORT;
        location / {
            fastcgi_pass unix:$LAB/run/php-fpm.sock;
            # Longer than any spike: a customer who waits for a lock must get an answer.
            fastcgi_read_timeout 300s;
            fastcgi_param SCRIPT_FILENAME $LAB/app/lab/public/index.php;
            fastcgi_param SCRIPT_NAME /index.php;
            fastcgi_param DOCUMENT_ROOT $LAB/app/lab/public;
            fastcgi_param REQUEST_METHOD \$request_method;
            fastcgi_param REQUEST_URI \$request_uri;
            fastcgi_param QUERY_STRING \$query_string;
            fastcgi_param CONTENT_TYPE \$content_type;
            fastcgi_param CONTENT_LENGTH \$content_length;
            fastcgi_param SERVER_PROTOCOL \$server_protocol;
            fastcgi_param SERVER_NAME shop.example;
            fastcgi_param SERVER_PORT \$server_port;
            fastcgi_param REMOTE_ADDR \$remote_addr;
            # When nginx took the request: what PHP needs to know how long it waited for a worker.
            fastcgi_param HTTP_X_REQUEST_START "t=\$msec";
        }
        # Another service, which is slow: some four seconds for a page.
        location = /outside {
            alias $LAB/etc/outside.txt;
            limit_rate 800;
        }
        location = /fpm-status {
            fastcgi_pass unix:$LAB/run/php-fpm.sock;
            fastcgi_param SCRIPT_NAME /fpm-status;
            fastcgi_param SCRIPT_FILENAME /fpm-status;
            fastcgi_param REQUEST_METHOD \$request_method;
            fastcgi_param QUERY_STRING \$query_string;
        }
    }
}
CONF
}

lab_write_fpm() {
    (umask 077 && cat >"$LAB/etc/php-fpm.conf") <<CONF
[global]
daemonize = no
error_log = $LAB/log/php-fpm.log
process_control_timeout = 2s

[shop]
user = www-data
group = www-data
listen = $LAB/run/php-fpm.sock
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
pm = static
pm.max_children = 40
; So that a worker that leaks is replaced, as every shop has it.
pm.max_requests = 1000
pm.status_path = /fpm-status
; A request that takes so long is written there once, with where it is.
slowlog = $LAB/log/php-fpm.slow.log
request_slowlog_timeout = 2s
catch_workers_output = yes
php_admin_flag[log_errors] = on
php_admin_value[error_log] = $LAB/php/error.log
php_admin_flag[display_errors] = off
php_admin_value[max_execution_time] = 0
; Off, as in many shops: its stack is too small for long texts.
php_admin_value[pcre.jit] = 0
env[BITVILLE_SETTINGS] = $LAB/settings.ini
; The shop has a cookie of its own; only the file behind it is PHP's.
php_admin_value[session.save_path] = $LAB/php/sessions
php_admin_value[session.use_cookies] = 0
php_admin_value[session.cache_limiter] =
env[SHOP_CACHE_DIR] = $LAB/php/cache
env[SHOP_FAULT_FILE] = $LAB/run/fault
env[SHOP_REVIEWS_URL] = http://127.0.0.1:$NGINX_PORT/outside
env[SHOP_DB_HOST] = 127.0.0.1
env[SHOP_DB_PORT] = $POSTGRES_PORT
env[SHOP_DB_NAME] = shop
env[SHOP_DB_USER] = shop
env[SHOP_DB_PASSWORD] = $(lab_secret shop.password)
CONF
}

# lab_write_postgres DATA: appended, so that it wins over initdb's file.
lab_write_postgres() {
    cat >>"$1/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $POSTGRES_PORT
unix_socket_directories = '$LAB/run/postgres'
max_connections = 120
shared_buffers = 256MB
shared_preload_libraries = 'pg_stat_statements'
compute_query_id = on
track_io_timing = on
log_lock_waits = on
deadlock_timeout = 1s
logging_collector = on
log_destination = 'jsonlog'
log_directory = '$LAB/log/postgres'
log_filename = 'postgresql.log'
# A lab's data is made anew each time; there is nothing to lose in a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
# On two cores a parallel search would only take the CPU from the others.
max_parallel_workers_per_gather = 0
CONF
}
