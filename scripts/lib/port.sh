# Whether somebody listens on a port of the loopback address, asked without any program but bash.
# Sourced, never run.
# shellcheck shell=bash

# port_answers PORT: true if a connection is accepted.
port_answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
